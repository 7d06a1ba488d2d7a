import { Controller, Delete, Get, HttpCode, Inject, Param, Put, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Author } from '../../storage/access/audit-log.js';
import { By, Needs } from '../auth/access.js';
import { DocumentBody } from '../docs/document-body.js';
import { jsonExample, problemExample } from '../docs/examples.js';
import { readDocument } from '../http/body.js';
import type { Settings } from '../settings/settings.js';
import { SETTINGS } from '../tokens.js';
import { SinksService } from './sinks.service.js';

const SINK = { webhook: { url: 'https://alerts.example.com/tripline', secret: 'a long secret' }, delivery: 'atLeastOnce' };
const STATUS = {
  sink: 'ops',
  state: 'delivering',
  reason: null,
  since: 1767225600000,
  cursor: 7,
  delivered: 7,
  failures: 0,
  refused: 0,
};
const VIEW = { name: 'ops', sink: { ...SINK, webhook: { ...SINK.webhook, secret: '***' } }, status: STATUS };
const NOT_FOUND = problemExample(404, 'sink-not-found', 'there is no sink opps: PUT /v1/sinks/opps makes one');

@ApiTags('sinks')
@Needs('viewer')
@Controller('v1/sinks')
export class SinksController {
  constructor(
    @Inject(SinksService) private readonly sinks: SinksService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Sinks by name, and how they deliver' })
  @ApiResponse(jsonExample(200, 'all sinks', { items: [VIEW], nextCursor: null }))
  async list() {
    return { items: await this.sinks.list(), nextCursor: null };
  }

  @Get(':name')
  @ApiOperation({ summary: 'A sink as it was put, its secrets hidden' })
  @ApiResponse(jsonExample(200, 'the sink', VIEW))
  @ApiResponse(NOT_FOUND)
  get(@Param('name') name: string) {
    return this.sinks.get(name);
  }

  @Put(':name')
  @Needs('author')
  @ApiOperation({
    summary: 'Make or change a sink',
    description: 'A new sink starts with the next alert; a changed one goes on where it was.',
  })
  @DocumentBody('A sink document', SINK, 'kafka: {topic: alerts}\ndelivery: atLeastOnce\n')
  @ApiResponse(jsonExample(200, 'changed', VIEW))
  @ApiResponse(jsonExample(201, 'made', VIEW))
  @ApiResponse(problemExample(422, 'invalid-sink', 'the sink document has 1 problem(s)'))
  async put(
    @Param('name') name: string,
    @By() by: Author,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { view, created } = await this.sinks.put(name, await readDocument(request, this.settings.maxRuleBytes), by);
    if (created) void reply.status(201).header('location', `/v1/sinks/${name}`);
    return view;
  }

  @Delete(':name')
  @Needs('author')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a sink; what it has not delivered stays in the list of alerts' })
  @ApiResponse({ status: 204, description: 'deleted', content: { 'application/json': { example: null } } })
  @ApiResponse(problemExample(409, 'sink-in-use', 'sink ops is named by card-testing'))
  @ApiResponse(NOT_FOUND)
  async delete(@Param('name') name: string, @By() by: Author): Promise<void> {
    await this.sinks.delete(name, by);
  }
}
