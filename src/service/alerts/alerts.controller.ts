import { Controller, Get, Header, Headers, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AlertRepository } from '../../storage/query/alerts.js';
import type { OutboxRow } from '../../runtime/ports/stores.js';
import type { Author } from '../../storage/access/audit-log.js';
import type { AlertStates } from '../../storage/triage/alert-states.js';
import type { AlertStateRow } from '../../storage/triage/entities.js';
import { By, Needs } from '../auth/access.js';
import { Authenticator } from '../auth/authenticator.js';
import { DocumentBody } from '../docs/document-body.js';
import { ALERT_EXAMPLE, EXPLAINED_ALERT_EXAMPLE, jsonExample, problemExample } from '../docs/examples.js';
import { DomainError } from '../errors/domain-error.js';
import { EVENT_STREAM_HEADERS, openEventStream } from '../http/event-stream.js';
import { DEFAULT_PAGE } from '../http/query-fields.js';
import { readValidatedBody } from '../http/validated-body.js';
import { ALERT_STATES_OF, ALERTS } from '../tokens.js';
import { Snoozes } from '../triage/snoozes.js';
import { alertJson, explainedAlertJson, pageJson } from '../../runtime/alerts/alert-json.js';
import { keyTexts } from '../../runtime/alerts/key-text.js';
import { streamAlerts, WakeUps } from './alert-stream.js';
import { AlertFilterQuery, AlertListQuery, AlertStateRequest } from './alerts.queries.js';

@ApiTags('alerts')
@Needs('viewer')
@Controller('v1/alerts')
export class AlertsController {
  constructor(
    @Inject(ALERTS) private readonly alerts: AlertRepository,
    @Inject(ALERT_STATES_OF) private readonly states: AlertStates,
    @Inject(Snoozes) private readonly snoozes: Snoozes,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(WakeUps) private readonly wakeUps: WakeUps,
  ) {}

  @Get()
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({ summary: 'Alerts, newest first' })
  @ApiResponse({ status: 200, content: { 'application/json': { example: { items: [ALERT_EXAMPLE], nextCursor: '41' } } } })
  @ApiResponse(problemExample(400, 'invalid-query', 'unknown query parameter rul, did you mean rule?'))
  async list(@Query() query: AlertListQuery): Promise<string> {
    const limit = query.limit ?? DEFAULT_PAGE;
    const { key, ...filter } = query;
    const rows = await this.alerts.list({ ...filter, keys: key === undefined ? undefined : keyTexts(key) }, limit + 1);
    const page = rows.slice(0, limit);
    const nextCursor = rows.length > limit ? String(page[page.length - 1].number) : null;
    const states = await this.states.of(page.map(({ alert }) => alert.id));
    return pageJson(
      page.map((row) => alertJson(row, this.#handling(row, states.get(row.alert.id)))),
      nextCursor,
    );
  }

  @Get('stream')
  @ApiOperation({
    summary: 'Alerts as server-sent events',
    description: 'Resumes after `Last-Event-ID`; without it from now on. A comment comes every 15 s without alerts.',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, example: '41' })
  @ApiProduces('text/event-stream')
  @ApiResponse({
    status: 200,
    content: { 'text/event-stream': { example: `id: 42\nevent: alert\ndata: ${JSON.stringify(ALERT_EXAMPLE)}\n\n` } },
  })
  async stream(
    @Query() query: AlertFilterQuery,
    @Headers('last-event-id') lastId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (request.method === 'HEAD') return void reply.headers(EVENT_STREAM_HEADERS).send();
    const after = lastId === undefined || lastId === '' ? undefined : readNumber(lastId);
    const last = await this.alerts.lastNumber();
    // A number this outbox has not reached is of another database: waiting for it would hide all alerts until then.
    const first = after === undefined ? last : Math.min(after, last);
    const closing = AbortSignal.any([this.wakeUps.closing, this.authenticator.letOut(request, reply.raw)]);
    const target = openEventStream(request, reply, closing);
    const { key, ...filter } = query;
    await streamAlerts(this.alerts, this.wakeUps, target, { ...filter, keys: key === undefined ? undefined : keyTexts(key) }, first);
    reply.raw.end();
  }

  @Get(':id')
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({ summary: 'One alert with its events byte for byte, and why it fired' })
  @ApiResponse({ status: 200, content: { 'application/json': { example: EXPLAINED_ALERT_EXAMPLE } } })
  @ApiResponse(problemExample(404, 'alert-not-found', 'there is no alert 0000'))
  async one(@Param('id') id: string): Promise<string> {
    const row = await this.alerts.get(id);
    if (row === undefined) throw new DomainError('not-found', 'alert-not-found', `there is no alert ${id}`);
    return explainedAlertJson(row, this.#handling(row, (await this.states.of([id])).get(id)));
  }

  @Post(':id/state')
  @Needs('author')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Acknowledge, resolve or reopen an alert',
    description: 'The alert itself does not change; the audit log keeps all states.',
  })
  @DocumentBody('The state, and optionally a note', { state: 'acknowledged', note: 'called the customer' })
  @ApiResponse(jsonExample(200, 'noted', { id: ALERT_EXAMPLE.id, state: 'acknowledged' }))
  @ApiResponse(problemExample(404, 'alert-not-found', 'there is no alert 0000'))
  async setState(@Param('id') id: string, @By() by: Author, @Req() request: FastifyRequest) {
    const { state, note = null } = await readValidatedBody(request, AlertStateRequest, SMALL_BODY_BYTES);
    if (!(await this.states.set(id, state, note, by))) throw new DomainError('not-found', 'alert-not-found', `there is no alert ${id}`);
    return { id, state };
  }

  /** What people have done about it, as members of its JSON. */
  #handling(row: OutboxRow, handled: Readonly<AlertStateRow> | undefined): string {
    const snoozed = this.snoozes.covers(row) ? ',"snoozed":true' : '';
    if (handled === undefined) return `,"state":"open"${snoozed}`;
    const { state, author, at, note } = handled;
    return `,"state":"${state}","handled":${JSON.stringify({ by: author, at, note })}${snoozed}`;
  }
}

const SMALL_BODY_BYTES = 8_192;

function readNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new DomainError('unparseable', 'invalid-query', 'Last-Event-ID must be the id of an event of this stream');
}
