import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { KafkaSources } from '../../connectors/kafka/kafka-sources.js';
import type { JobControl, JobStatus } from '../../runtime/ports/job-control.js';
import { Open } from '../auth/access.js';
import { Authenticator } from '../auth/authenticator.js';
import { jsonExample, problemExample } from '../docs/examples.js';
import { DomainError } from '../errors/domain-error.js';
import { isDatabaseAway } from '../errors/problem-document.js';
import { CommandTopic } from '../commands/command-topic.js';
import { RuleFilesService } from '../files/rule-files.service.js';
import type { Sinks } from '../sinks/sinks.js';
import { JOB, KAFKA, PING, SINKS } from '../tokens.js';

const STREAM = {
  stream: 'payments',
  version: 1,
  partition: 0,
  nextOffset: 4,
  endOffset: 4,
  watermark: 1767225597999,
  idle: false,
  stalled: false,
  events: 4,
  late: 0,
  duplicates: 0,
};

const SOURCE = { stream: 'orders', topic: 'shop.orders', state: 'connected', reason: null, since: 1767225600000, lost: 0 };

@ApiTags('operations')
@Open()
@Controller('health')
export class HealthController {
  constructor(
    @Inject(JOB) private readonly job: JobControl,
    @Inject(KAFKA) private readonly kafka: KafkaSources | null,
    @Inject(SINKS) private readonly sinks: Sinks,
    @Inject(CommandTopic) private readonly commandTopic: CommandTopic,
    @Inject(RuleFilesService) private readonly files: RuleFilesService,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(PING) private readonly ping: () => Promise<void>,
  ) {}

  @Get('live')
  @ApiOperation({ summary: 'The process answers' })
  @ApiResponse(jsonExample(200, 'alive', { status: 'ok' }))
  live(@Res({ passthrough: true }) reply: FastifyReply) {
    void reply.header('cache-control', 'no-store');
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Events are taken and worked off', description: 'Without a key the answer is the status alone.' })
  @ApiResponse(
    jsonExample(
      200,
      'ready; `degraded` while a topic cannot be read, a partition is stalled (`stalls` names it and the rules that wait for it or continue), a sink fails, a rule file is broken or the command topic cannot be read; `files` is null without TRIPLINE_RULES_DIR, `commands` without TRIPLINE_COMMAND_TOPIC',
      {
        status: 'ready',
        job: { state: 'running', reason: null, since: 1767225600000, restarts: 0, streams: [STREAM], stalls: [] },
        sources: [SOURCE],
        sinks: [],
        files: { syncedAt: 1767225600000, rules: 1, streams: 1, problems: [] },
        commands: { topic: 'tripline.commands', state: 'connected', reason: null, since: 1767225600000 },
      },
    ),
  )
  @ApiResponse(problemExample(503, 'not-ready', 'the job is recovering'))
  async ready(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    void reply.header('cache-control', 'no-store');
    const known = await this.authenticator.authenticate(request).then(
      () => true,
      () => false,
    );
    const { refused, ...view } = await this.#look();
    if (refused === undefined) return known ? view : { status: view.status };
    const { job, sources } = view;
    const [detail, members] = known ? [refused, { job, sources }] : ['the service is not ready', {}];
    throw new DomainError('unavailable', 'not-ready', detail, { members, retryAfter: 1 });
  }

  /** `refused`: why events are not worked off at present. */
  async #look() {
    const job = this.job.status();
    const sources = this.kafka?.health() ?? [];
    const away = sources
      .filter(({ state }) => state === 'unreachable')
      .map(({ stream, reason }) => `stream ${stream} cannot be read (${reason})`);
    const sinks = this.sinks.statuses();
    const files = this.files.status();
    const commands = this.commandTopic.health();
    const degraded =
      away.length > 0 ||
      job.stalls.length > 0 ||
      (files !== null && files.problems.length > 0) ||
      sinks.some(({ state }) => state !== 'delivering') ||
      commands?.state === 'unreachable';
    const refused = await this.#refused(job, away);
    return { status: degraded ? 'degraded' : 'ready', job, sources, sinks, files, commands, refused };
  }

  async #refused(job: JobStatus, away: readonly string[]): Promise<string | undefined> {
    const reasons = [...(job.reason === null ? [] : [job.reason]), ...away].join('; ');
    if (job.state !== 'running') return `the job is ${job.state}${reasons === '' ? '' : `: ${reasons}`}`;
    try {
      await this.ping();
      return undefined;
    } catch (error) {
      return isDatabaseAway(error) ? 'the database does not answer' : 'the database answers with an error';
    }
  }
}
