import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { LineSplitter } from '../../connectors/http/splitter.js';
import { decodeUtf8 } from '../../engine/event/json-reader.js';
import type { DeadLetterRepository } from '../../storage/query/dead-letters.js';
import type { DeadLetterRow } from '../../storage/query/entities.js';
import { Needs } from '../auth/access.js';
import { jsonExample, problemExample } from '../docs/examples.js';
import { DomainError } from '../errors/domain-error.js';
import { EventsService } from '../events/events.service.js';
import { CursorField, DEFAULT_PAGE, LimitField, TextField } from '../http/query-fields.js';
import type { Settings } from '../settings/settings.js';
import { DEAD_LETTERS, SETTINGS } from '../tokens.js';

const EXAMPLE = {
  id: 7,
  stream: 'payments',
  partition: 0,
  offset: 12,
  code: 'late',
  message: 'the event is behind the watermark',
  time: 1767225500000,
  watermark: 1767225598000,
  cause: 'watermark',
  receivedAt: 1767225603120,
  raw: '{"txId":"t9"}',
};

class DeadLetterQuery {
  @TextField('only of this stream', 'payments')
  stream?: string;

  @TextField('only with this code', 'late')
  code?: string;

  @CursorField()
  cursor?: number;

  @LimitField()
  limit?: number;
}

@ApiTags('dead letters')
@Needs('viewer')
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(
    @Inject(DEAD_LETTERS) private readonly deadLetters: DeadLetterRepository,
    @Inject(EventsService) private readonly events: EventsService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Events that could not be used, newest first' })
  @ApiResponse(jsonExample(200, 'a page', { items: [EXAMPLE], nextCursor: null }))
  async list(@Query() query: DeadLetterQuery) {
    const limit = query.limit ?? DEFAULT_PAGE;
    const rows = await this.deadLetters.list(query, limit + 1);
    const page = rows.slice(0, limit);
    return { items: page.map(asView), nextCursor: rows.length > limit ? String(page[page.length - 1].id) : null };
  }

  @Post(':id/retry')
  @Needs('producer')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Send the event again, for instance after its stream was changed',
    description: 'Only once: a second retry gives the reply of the first.',
  })
  @ApiResponse(jsonExample(200, 'as for events', { accepted: 1, rejected: [], watermark: 1767225598000, behindWatermark: 0 }))
  @ApiResponse(problemExample(404, 'dead-letter-not-found', 'there is no dead letter 8'))
  async retry(@Param('id') id: string) {
    const row = /^\d{1,15}$/.test(id) ? await this.deadLetters.get(Number(id)) : undefined;
    if (row === undefined) throw new DomainError('not-found', 'dead-letter-not-found', `there is no dead letter ${id}`);
    if (row.code === 'event-too-large')
      throw new DomainError('conflict', 'dead-letter-cut', 'only the beginning of this event was kept: send it again from its source');
    const splitter = new OneItem(this.settings.maxEventBytes);
    return (await this.events.take(row.stream, one(row.raw), splitter, `dead-letter/${row.id}`)).reply;
  }
}

/** The whole body is one item, whatever line breaks it holds. */
class OneItem extends LineSplitter {
  override push(chunk: Buffer) {
    return [{ line: 1, bytes: chunk, size: chunk.length, tooLarge: false }];
  }
}

async function* one(raw: Buffer): AsyncGenerator<Buffer> {
  yield raw;
}

function asView(row: DeadLetterRow) {
  const { id, stream, partition, offset, code, message, time, watermark, cause, receivedAt, raw } = row;
  return { id, stream, partition, offset, code, message, ...present({ time, watermark, cause }), receivedAt, ...textOf(raw) };
}

/** Without the members that are null. */
function present(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

function textOf(raw: Buffer): { raw: string } | { rawBase64: string } {
  try {
    return { raw: decodeUtf8(raw) };
  } catch {
    return { rawBase64: raw.toString('base64') };
  }
}
