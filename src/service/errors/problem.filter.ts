import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { LOGGER } from '../tokens.js';
import { type ProblemReply, toProblem } from './problem-document.js';

/** The last stop of every error: an application/problem+json reply, and a log line when nobody foresaw it. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = toProblem(error);
    if (problem.unexpected) this.log.error({ err: error, method: request.method, url: request.url }, problem.document.detail);
    sendProblem(reply, problem);
  }
}

/** Sends a problem unless a reply has begun already. */
export function sendProblem(reply: FastifyReply, { document, retryAfter }: ProblemReply): void {
  if (reply.sent || reply.raw.headersSent) return;
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  // RFC 9110, 11.6.1.
  if (document.status === 401) void reply.header('www-authenticate', 'Bearer');
  void reply.status(document.status).header('content-type', 'application/problem+json; charset=utf-8').send(JSON.stringify(document));
}
