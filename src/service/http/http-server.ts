import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import helmet from '@fastify/helmet';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppModule, type Parts } from '../app.module.js';
import { setUpDocs } from '../docs/docs.js';
import { toProblem } from '../errors/problem-document.js';
import { sendProblem } from '../errors/problem.filter.js';
import type { Settings } from '../settings/settings.js';
import { NestLogger } from '../nest-logger.js';

/** What a client may send ahead of a body, bytes; more is answered with 431. */
const MAX_HEADER_BYTES = 16 * 1024;
/** A client that has not sent its headers by then is cut off, ms. */
const HEADERS_TIMEOUT = 20_000;

/** Builds the HTTP application; it does not listen yet. */
export async function createHttpServer(parts: Parts): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    logger: false,
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT },
    routerOptions: { maxParamLength: 8_192 },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) => sendProblem(reply, toProblem(error)),
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.over(parts), adapter, {
    bodyParser: false,
    logger: new NestLogger(parts.log),
    abortOnError: false,
  });
  const fastify = adapter.getInstance();
  // Handlers read bodies themselves: events stream, documents have limits of their own.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
  await guardPages(app, parts.settings);
  setUpDocs(app);
  await app.init();
  await fastify.ready();
  return app;
}

/** Headers for browsers: what the pages under /docs need and no more, and which pages of others may call. */
async function guardPages(app: NestFastifyApplication, { corsOrigins }: Settings): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        // The page of the API sets styles on its elements.
        styleSrc: ["'self'", "'unsafe-inline'"],
        frameAncestors: ["'none'"],
        // The service speaks no TLS itself; on plain HTTP this would break its pages.
        upgradeInsecureRequests: null,
      },
    },
    // For whoever ends TLS in front of the service to say.
    strictTransportSecurity: false,
    crossOriginResourcePolicy: { policy: corsOrigins.length === 0 ? 'same-origin' : 'cross-origin' },
  });
  if (corsOrigins.length === 0) return;
  app.enableCors({
    origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
    exposedHeaders: ['location', 'retry-after', 'ratelimit', 'ratelimit-policy', 'idempotent-replayed'],
    maxAge: 600,
  });
}

/** For requests that Node's parser refuses, so early that there is no reply object. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const [status, code, detail] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'headers-too-large', `the headers have more than ${MAX_HEADER_BYTES} bytes`]
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'request-timeout', 'the request took too long to arrive']
        : [400, 'bad-request', 'this is not an HTTP request'];
  const title = STATUS_CODES[status as number] ?? 'Error';
  const body = JSON.stringify({ type: `urn:tripline:problem:${code}`, title, status, detail, code, errors: [] });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
