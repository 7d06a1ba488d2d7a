import { Controller, Headers, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { splitterFor } from '../../connectors/http/json-splitter.js';
import { Needs } from '../auth/access.js';
import { EVENTS_EXAMPLE, jsonExample, problemExample } from '../docs/examples.js';
import { DomainError } from '../errors/domain-error.js';
import { bodyChunks, contentType } from '../http/body.js';
import type { Settings } from '../settings/settings.js';
import { SETTINGS } from '../tokens.js';
import { EventsService } from './events.service.js';

const MAX_KEY_LENGTH = 255;

@ApiTags('events')
@Needs('producer')
@Controller('v1/streams/:name/events')
export class EventsController {
  constructor(
    @Inject(EventsService) private readonly events: EventsService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Send events',
    description: 'NDJSON, a JSON array or one object; answered when durable. Bodies stream and may be of any size.',
  })
  @ApiConsumes('application/x-ndjson', 'application/json')
  @ApiBody({
    schema: { type: 'object' },
    examples: {
      ndjson: { summary: 'NDJSON', value: EVENTS_EXAMPLE.map((event) => JSON.stringify(event)).join('\n') },
      array: { summary: 'a JSON array', value: EVENTS_EXAMPLE },
    },
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'makes sending the same body again harmless',
    example: 'batch-2026-01-01-0001',
  })
  @ApiResponse(
    jsonExample(200, 'also when events were rejected', {
      accepted: 3,
      rejected: [{ line: 4, code: 'invalid-json', message: 'expected , or } (at 17)' }],
      watermark: 1767225598000,
      behindWatermark: 0,
    }),
  )
  @ApiResponse(problemExample(404, 'stream-not-found', 'there is no stream payment: PUT /v1/streams/payment makes one'))
  @ApiResponse(problemExample(429, 'backlog-full', 'send again from item processed + 1, or all of it with the key'))
  async take(
    @Param('name') name: string,
    @Headers('idempotency-key') key: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (key !== undefined && (key.length === 0 || key.length > MAX_KEY_LENGTH)) {
      throw new DomainError('unparseable', 'invalid-idempotency-key', `an Idempotency-Key has 1 to ${MAX_KEY_LENGTH} characters`);
    }
    const type = contentType(request);
    const splitter = splitterFor(type, this.settings.maxEventBytes);
    if (splitter === undefined) {
      throw new DomainError(
        'unsupported-type',
        'unsupported-content-type',
        `events come as application/x-ndjson or application/json, not as ${type}`,
      );
    }
    const taken = await this.events.take(name, bodyChunks(request), splitter, key);
    if (taken.replayed) void reply.header('idempotent-replayed', 'true');
    return taken.reply;
  }
}
