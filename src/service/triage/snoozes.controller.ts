import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Allow, IsInt, IsOptional, IsString, MaxLength } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readJson } from '../../engine/event/json-reader.js';
import { toJsonText } from '../../engine/expr/index.js';
import type { Problem } from '../../engine/problem/problem.js';
import { parseDuration } from '../../engine/time/duration.js';
import type { Author } from '../../storage/access/audit-log.js';
import type { PostgresCatalog } from '../../storage/catalog/catalog.js';
import type { StoredSnooze } from '../../storage/triage/snoozes.js';
import { By, Needs } from '../auth/access.js';
import { DocumentBody } from '../docs/document-body.js';
import { jsonExample, problemExample } from '../docs/examples.js';
import { DomainError, invalid } from '../errors/domain-error.js';
import { readMoment, TextField } from '../http/query-fields.js';
import { readValidatedBody } from '../http/validated-body.js';
import { CATALOG } from '../tokens.js';
import { Snoozes } from './snoozes.js';

const SMALL_BODY_BYTES = 8_192;
const MAX_NOTE = 1_000;
const EXAMPLE = {
  id: 3,
  rule: 'card-testing',
  key: 'c1',
  since: 1767225600000,
  until: 1767232800000,
  by: 'fraud-team',
  note: 'test cards of the new shop',
};

class SnoozeRequest {
  @ApiProperty({ description: 'the rule', example: 'card-testing' })
  @IsString({ message: '`rule` must be the id of a rule' })
  rule!: string;

  @ApiPropertyOptional({ description: 'JSON; absent = every key' })
  @Allow()
  key?: unknown;

  @ApiPropertyOptional({ description: 'how long', example: '2h' })
  @IsOptional()
  @IsString({ message: '`for` must be a duration such as 2h' })
  for?: string;

  @ApiPropertyOptional({ description: 'until when: milliseconds or ISO 8601' })
  @IsOptional()
  @Transform(({ value }) => readMoment(value))
  @IsInt({ message: '`until` must be milliseconds since 1970 or an ISO 8601 time with an offset' })
  until?: number;

  @ApiPropertyOptional({ description: 'why' })
  @IsOptional()
  @IsString({ message: '`note` must be a text' })
  @MaxLength(MAX_NOTE, { message: `\`note\` must have at most ${MAX_NOTE} characters` })
  note?: string;
}

class SnoozeListQuery {
  @TextField('only of this rule', 'card-testing')
  rule?: string;
}

@ApiTags('alerts')
@Needs('viewer')
@Controller('v1/snoozes')
export class SnoozesController {
  constructor(
    @Inject(Snoozes) private readonly snoozes: Snoozes,
    @Inject(CATALOG) private readonly catalog: PostgresCatalog,
  ) {}

  @Post()
  @Needs('author')
  @ApiOperation({
    summary: 'Snooze a rule, or one key of it',
    description: 'Alerts that are detected while it lasts go to no sink. They are in the list, and in the stream of alerts.',
  })
  @DocumentBody('What, and for how long', { rule: 'card-testing', key: 'c1', for: '2h', note: EXAMPLE.note })
  @ApiResponse(jsonExample(201, 'from now on', EXAMPLE))
  @ApiResponse(problemExample(422, 'invalid-request', 'one of `for` and `until` says how long'))
  async add(@By() by: Author, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { rule, key, note = null, ...time } = await readValidatedBody(request, SnoozeRequest, SMALL_BODY_BYTES);
    const until = endOf(time, Date.now());
    const known = await this.catalog.currentRule(rule);
    if (known === undefined || known.status === 'retired') throw refused('/rule', `there is no rule ${rule}`);
    const snooze = await this.snoozes.add(
      { rule, key: key === undefined || key === null ? null : toJsonText(key as never), until },
      note,
      by,
    );
    void reply.header('location', `/v1/snoozes/${snooze.id}`);
    return asView(snooze);
  }

  @Get()
  @ApiOperation({ summary: 'Snoozes that are not over' })
  @ApiResponse(jsonExample(200, 'by id', { items: [EXAMPLE], nextCursor: null }))
  list(@Query() { rule }: SnoozeListQuery) {
    return { items: this.snoozes.active(rule).map(asView), nextCursor: null };
  }

  @Delete(':id')
  @Needs('author')
  @HttpCode(204)
  @ApiOperation({ summary: 'End a snooze' })
  @ApiResponse({ status: 204, description: 'ended', content: { 'application/json': { example: null } } })
  @ApiResponse(problemExample(404, 'snooze-not-found', 'there is no snooze 4'))
  async end(@Param('id') id: string, @By() by: Author): Promise<void> {
    const ended = /^\d{1,15}$/.test(id) && (await this.snoozes.end(Number(id), by));
    if (!ended) throw new DomainError('not-found', 'snooze-not-found', `there is no snooze ${id}`);
  }
}

function endOf({ for: duration, until }: { for?: string; until?: number }, now: number): number {
  if ((duration === undefined) === (until === undefined)) throw refused('', 'one of `for` and `until` says how long');
  const end = until ?? now + (parseDuration(duration!) ?? 0);
  if (end > now && Number.isSafeInteger(end)) return end;
  throw until === undefined ? refused('/for', '`for` must be a duration such as 2h') : refused('/until', '`until` is over');
}

function refused(pointer: string, message: string): DomainError {
  const problem: Problem = { code: 'invalid-value', message, pointer };
  return invalid('invalid-request', message, [problem]);
}

function asView({ id, rule, key, since, until, author, note }: StoredSnooze) {
  return { id, rule, key: key === null ? null : readJson(key), since, until, by: author, note };
}
