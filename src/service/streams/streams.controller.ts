import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { shown } from '../../engine/problem/problem.js';
import type { Author } from '../../storage/access/audit-log.js';
import { By, Needs } from '../auth/access.js';
import { DocumentBody } from '../docs/document-body.js';
import { jsonExample, problemExample, STREAM_EXAMPLE } from '../docs/examples.js';
import { invalid } from '../errors/domain-error.js';
import { readDocument, readJsonText } from '../http/body.js';
import { readJsonObject } from '../http/json-body.js';
import { readMoment } from '../http/query-fields.js';
import type { Settings } from '../settings/settings.js';
import { SETTINGS } from '../tokens.js';
import { StreamsService } from './streams.service.js';

const VIEW = { name: 'payments', version: 1, file: null, stream: STREAM_EXAMPLE };
const NOT_FOUND = problemExample(404, 'stream-not-found', 'there is no stream payment: PUT /v1/streams/payment makes one');
const SMALL_BODY_BYTES = 4_096;

@ApiTags('streams')
@Needs('viewer')
@Controller('v1/streams')
export class StreamsController {
  constructor(
    @Inject(StreamsService) private readonly streams: StreamsService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Streams by name' })
  @ApiResponse(jsonExample(200, 'all streams', { items: [VIEW], nextCursor: null }))
  async list() {
    return { items: await this.streams.list(), nextCursor: null };
  }

  @Get(':name')
  @ApiOperation({ summary: 'A stream as it was put' })
  @ApiResponse(jsonExample(200, 'the stream', VIEW))
  @ApiResponse(NOT_FOUND)
  get(@Param('name') name: string) {
    return this.streams.get(name);
  }

  @Put(':name')
  @Needs('author')
  @ApiOperation({ summary: 'Make or change a stream', description: 'A change is held against the rules that read the stream.' })
  @DocumentBody(
    'A stream document',
    STREAM_EXAMPLE,
    'name: payments\nid: txId\ntime: {field: ts, format: epochMillis}\noutOfOrderness: 5s\n',
  )
  @ApiResponse(jsonExample(200, 'changed', { ...VIEW, version: 2, warnings: [] }))
  @ApiResponse(jsonExample(201, 'made', { ...VIEW, warnings: [] }))
  @ApiResponse(problemExample(409, 'file-owned', 'stream payments is kept by the file card-testing/stream.yaml: change it there'))
  @ApiResponse(problemExample(422, 'invalid-stream', 'the stream document has 1 problem(s)'))
  async put(
    @Param('name') name: string,
    @By() by: Author,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { view, created, warnings } = await this.streams.put(name, await readDocument(request, this.settings.maxRuleBytes), by);
    if (created) void reply.status(201).header('location', `/v1/streams/${name}`);
    return { ...view, warnings };
  }

  @Delete(':name')
  @Needs('author')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a stream that no rule reads' })
  @ApiResponse({ status: 204, description: 'deleted', content: { 'application/json': { example: null } } })
  @ApiResponse(problemExample(409, 'stream-in-use', 'stream payments is read by card-testing'))
  @ApiResponse(NOT_FOUND)
  async delete(@Param('name') name: string, @By() by: Author): Promise<void> {
    await this.streams.delete(name, by);
  }

  @Post(':name/watermark')
  @Needs('producer')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Assert that all events up to a time have been sent',
    description: 'Answered once the events that the stream has taken before are worked off; when that takes more than 5 s, with 503.',
  })
  @DocumentBody('The time, milliseconds or ISO 8601', { time: 1767225900000 })
  @ApiResponse(jsonExample(200, "the stream's watermark now", { watermark: 1767225900000 }))
  @ApiResponse(problemExample(422, 'far-future', 'the time 4102444800000 is more than 3600000 ms after now'))
  @ApiResponse(
    problemExample(
      503,
      'stream-behind',
      'partition 0 of stream payments is held back: it is far ahead of another that its rules read; nothing was asserted',
    ),
  )
  @ApiResponse(NOT_FOUND)
  async watermark(@Param('name') name: string, @Req() request: FastifyRequest) {
    this.streams.definition(name);
    const body = readJsonObject(await readJsonText(request, SMALL_BODY_BYTES), 4);
    const time = readMoment(body.time);
    if (typeof time !== 'number' || !Number.isSafeInteger(time)) {
      throw invalid('invalid-time', '`time` must be whole milliseconds since 1970 or an ISO 8601 time with an offset', [
        {
          code: 'invalid-time',
          message: '`time` is not a time',
          pointer: '/time',
          found: shown(body.time),
          expected: 'milliseconds or ISO 8601',
        },
      ]);
    }
    return { watermark: await this.streams.assertWatermark(name, time) };
  }
}
