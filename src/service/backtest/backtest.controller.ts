import { Controller, Header, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TimeRange } from '../../engine/rule/decode-event.js';
import type { BacktestProgress } from '../../runtime/job/backtest.js';
import { WakeUps } from '../alerts/alert-stream.js';
import { Needs } from '../auth/access.js';
import { DocumentBody } from '../docs/document-body.js';
import { ALERT_EXAMPLE, problemExample } from '../docs/examples.js';
import { DomainError } from '../errors/domain-error.js';
import { toProblem } from '../errors/problem-document.js';
import { openEventStream, serverSentEvent } from '../http/event-stream.js';
import { readValidatedBody } from '../http/validated-body.js';
import { BacktestRequest } from './backtest.request.js';
import { BacktestService } from './backtest.service.js';

const SMALL_BODY_BYTES = 4_096;
/** Of a reply that is one JSON document; the others are counted. */
const MAX_ALERTS = 1_000;
const PROGRESS = { read: 20_000, total: 50_000, alerts: 1, deadLetters: 0 };
const STREAMED = ['progress', 'done'].map((event) => serverSentEvent(event, JSON.stringify(PROGRESS)));

@ApiTags('rules')
@Controller('v1/rules')
export class BacktestController {
  constructor(
    @Inject(BacktestService) private readonly backtests: BacktestService,
    @Inject(WakeUps) private readonly wakeUps: WakeUps,
  ) {}

  @Post(':id/backtest')
  @Needs('author')
  @HttpCode(200)
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({
    summary: 'The rule over what the logs of its streams still hold; nothing is stored or published',
    description: `With \`Accept: text/event-stream\` alerts come as they are found, with \`progress\` between them, and \`done\` (or \`failed\`, a problem document) at the end; else one document with the first ${MAX_ALERTS} alerts. Closing the connection ends it.`,
  })
  @DocumentBody('Times of events: from `since`, and before `until`', { since: '2026-01-01T00:00:00Z', until: '2026-01-02T00:00:00Z' })
  @ApiProduces('application/json', 'text/event-stream')
  @ApiResponse({
    status: 200,
    content: {
      'application/json': { example: { ...PROGRESS, read: 50_000, truncated: false, items: [ALERT_EXAMPLE] } },
      'text/event-stream': { example: [serverSentEvent('alert', JSON.stringify(ALERT_EXAMPLE)), ...STREAMED].join('') },
    },
  })
  @ApiResponse(problemExample(404, 'rule-not-found', 'there is no rule card-tests'))
  @ApiResponse(problemExample(429, 'backtest-busy', '1 backtest is running; send again later'))
  async run(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { since = 0, until = Date.now() } = await readValidatedBody(request, BacktestRequest, SMALL_BODY_BYTES);
    const accepted = request.headers.accept ?? '';
    if (accepted.includes('text/event-stream')) await this.#stream(id, { since, until }, request, reply);
    else await this.#document(id, { since, until }, reply);
  }

  async #document(id: string, range: TimeRange, reply: FastifyReply): Promise<void> {
    const items: string[] = [];
    const gone = new AbortController();
    reply.raw.on('close', () => gone.abort());
    const { closing } = this.wakeUps;
    const events = {
      alert: (body: Uint8Array) => void (items.length < MAX_ALERTS && items.push(textOf(body))),
      progress: () => {},
      congested: () => false,
    };
    let done: BacktestProgress;
    try {
      done = await this.backtests.run(id, range, events, AbortSignal.any([gone.signal, closing]));
    } catch (error) {
      if (closing.aborted) throw new DomainError('unavailable', 'shutting-down', 'the service is shutting down', { retryAfter: 5 });
      if (gone.signal.aborted) return;
      throw error;
    }
    const head = JSON.stringify({ ...done, truncated: done.alerts > items.length }).slice(0, -1);
    void reply.send(`${head},"items":[${items.join(',')}]}`);
  }

  async #stream(id: string, range: TimeRange, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const target = openEventStream(request, reply, this.wakeUps.closing);
    try {
      const done = await this.backtests.run(
        id,
        range,
        {
          alert: (body) => void target.write(serverSentEvent('alert', textOf(body))),
          progress: (progress) => void target.write(serverSentEvent('progress', JSON.stringify(progress))),
          congested: () => reply.raw.writableNeedDrain,
        },
        target.closed,
      );
      target.write(serverSentEvent('done', JSON.stringify(done)));
    } catch (error) {
      target.write(serverSentEvent('failed', JSON.stringify(toProblem(error).document)));
    }
    reply.raw.end();
  }
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}
