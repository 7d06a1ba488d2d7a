import { Controller, Delete, Get, Header, HttpCode, Inject, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { nearest, shown } from '../../engine/problem/problem.js';
import { RULE_STATUSES, type RuleStatus } from '../../engine/rule/definition.js';
import { mermaidOf } from './rule-drawing.js';
import type { Author } from '../../storage/access/audit-log.js';
import { By, Needs } from '../auth/access.js';
import { DocumentBody } from '../docs/document-body.js';
import {
  ALERT_EXAMPLE,
  EVENTS_EXAMPLE,
  EXPLANATION_EXAMPLE,
  jsonExample,
  NFA_EXAMPLE,
  PLAN,
  problemExample,
  RULE_EXAMPLE,
  RULE_REPLY_EXAMPLE,
  RULE_VIEW_EXAMPLE,
  RULE_YAML_EXAMPLE,
  STATS_EXAMPLE,
} from '../docs/examples.js';
import { invalid } from '../errors/domain-error.js';
import { readDocument, readJsonText } from '../http/body.js';
import { readJsonObject } from '../http/json-body.js';
import { DEFAULT_PAGE } from '../http/query-fields.js';
import type { Settings } from '../settings/settings.js';
import { SETTINGS } from '../tokens.js';
import { DryRunQuery, RuleListQuery } from './rules.queries.js';
import { RulesService } from './rules.service.js';
import { SimulationService } from './simulation.service.js';

/** Room for the events of a simulation beside its rule, bytes. */
const SIMULATION_BYTES = 32 * 2 ** 20;
const SMALL_BODY_BYTES = 4_096;
const EXPLAIN =
  'With `explain: true` also `explanation`: which edge each event of a match took, when, and how it ended; for keys without a match the partial match that came furthest and the first part of a condition that was not true, with the values it read. Of a window rule: what each result came from, and for keys without one the fullest window, its values and the part of `having` that was not true.';
const INVALID = problemExample(422, 'invalid-rule', 'the rule document has 1 problem(s)');
const FILE_OWNED = problemExample(409, 'file-owned', 'rule card-testing is kept by the file card-testing/rule.yaml: change it there');
const NOT_FOUND = problemExample(404, 'rule-not-found', 'there is no rule card-tests');

@ApiTags('rules')
@Needs('viewer')
@Controller('v1/rules')
export class RulesController {
  constructor(
    @Inject(RulesService) private readonly rules: RulesService,
    @Inject(SimulationService) private readonly simulation: SimulationService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Post()
  @Needs('author')
  @ApiOperation({ summary: 'Register a rule', description: 'Events accepted after the answer are seen by the rule.' })
  @DocumentBody('A rule document', RULE_EXAMPLE, RULE_YAML_EXAMPLE)
  @ApiResponse(jsonExample(201, 'registered and, unless draft or paused, running', RULE_REPLY_EXAMPLE))
  @ApiResponse(problemExample(409, 'rule-exists', 'a rule "card-testing" exists: PUT stores its next version'))
  @ApiResponse(INVALID)
  async register(@By() by: Author, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const registered = await this.rules.register(await readDocument(request, this.settings.maxRuleBytes), by);
    void reply.header('location', `/v1/rules/${registered.id}`);
    return registered;
  }

  @Post('validate')
  @HttpCode(200)
  @ApiOperation({ summary: 'All problems of a rule document; nothing is stored' })
  @DocumentBody('A rule document', RULE_EXAMPLE, RULE_YAML_EXAMPLE)
  @ApiResponse(
    jsonExample(200, 'also for a document with problems', {
      valid: false,
      errors: [{ code: 'field-unknown', message: 'unknown field `amout`', pointer: '/pattern/0/where', suggestion: 'amount' }],
      warnings: [],
    }),
  )
  async validate(@Req() request: FastifyRequest) {
    return this.rules.validate(await readDocument(request, this.settings.maxRuleBytes));
  }

  @Post('simulate')
  @HttpCode(200)
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({ summary: 'Try a rule on posted events; nothing is stored', description: EXPLAIN })
  @DocumentBody('A rule, events, and optionally stream, watermark and explain', {
    rule: RULE_EXAMPLE,
    events: EVENTS_EXAMPLE,
    explain: true,
  })
  @ApiResponse(
    jsonExample(200, 'indexes are those of the posted events', {
      matches: [{ at: 3, steps: { small: [0, 1, 2], large: [3] } }],
      timeouts: [],
      alerts: [ALERT_EXAMPLE],
      explanation: EXPLANATION_EXAMPLE,
    }),
  )
  @ApiResponse(INVALID)
  async simulate(@Req() request: FastifyRequest): Promise<string> {
    return this.simulation.simulate(await readJsonText(request, this.settings.maxRuleBytes + SIMULATION_BYTES));
  }

  @Get()
  @ApiOperation({ summary: 'Rules by id' })
  @ApiResponse(jsonExample(200, 'a page', { items: [RULE_VIEW_EXAMPLE], nextCursor: null }))
  list(@Query() { cursor, limit }: RuleListQuery) {
    return this.rules.list(cursor, limit ?? DEFAULT_PAGE);
  }

  @Get(':id')
  @ApiOperation({ summary: 'A rule at its current version' })
  @ApiResponse(jsonExample(200, 'the document as registered', RULE_VIEW_EXAMPLE))
  @ApiResponse(NOT_FOUND)
  get(@Param('id') id: string) {
    return this.rules.get(id);
  }

  @Put(':id')
  @Needs('author')
  @ApiOperation({
    summary: 'Store the next version of a rule, without a restart',
    description:
      'An unchanged document keeps its version. Open partial matches go on in the new one where they have a place: where the same steps, with the same links and times, lead there; conditions may have changed and apply to later events. The answer says how many were carried and dropped; `?dryRun=true` says it before and stores nothing.',
  })
  @DocumentBody('A rule document', RULE_EXAMPLE, RULE_YAML_EXAMPLE)
  @ApiResponse(jsonExample(200, 'the version that runs now', { ...RULE_REPLY_EXAMPLE, version: 2, carried: 3, dropped: 0 }))
  @ApiResponse(jsonExample(201, 'there was no such rule', RULE_REPLY_EXAMPLE))
  @ApiResponse(FILE_OWNED)
  @ApiResponse(INVALID)
  async replace(
    @Param('id') id: string,
    @Query() { dryRun }: DryRunQuery,
    @By() by: Author,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const posted = await readDocument(request, this.settings.maxRuleBytes);
    if (dryRun === true) return this.rules.preview(id, posted);
    const { created, reply: answer } = await this.rules.replace(id, posted, by);
    if (created) void reply.status(201).header('location', `/v1/rules/${id}`);
    return answer;
  }

  @Delete(':id')
  @Needs('author')
  @HttpCode(204)
  @ApiOperation({ summary: 'Retire a rule', description: 'Its alerts and versions stay; the id may be used again, versions count on.' })
  @ApiResponse({ status: 204, description: 'retired', content: { 'application/json': { example: null } } })
  @ApiResponse(FILE_OWNED)
  @ApiResponse(NOT_FOUND)
  async retire(@Param('id') id: string, @By() by: Author): Promise<void> {
    await this.rules.retire(id, by);
  }

  @Post(':id/status')
  @Needs('author')
  @HttpCode(200)
  @ApiOperation({ summary: 'Pause, shadow or activate a rule' })
  @DocumentBody('The status to have', { status: 'paused' })
  @ApiResponse(jsonExample(200, 'applied', { id: 'card-testing', version: 1, status: 'paused', droppedMatches: 2 }))
  @ApiResponse(FILE_OWNED)
  @ApiResponse(NOT_FOUND)
  async setStatus(@Param('id') id: string, @By() by: Author, @Req() request: FastifyRequest) {
    const body = readJsonObject(await readJsonText(request, SMALL_BODY_BYTES), 4);
    return this.rules.setStatus(id, readStatus(body.status), by);
  }

  @Get(':id/versions')
  @ApiOperation({ summary: 'All versions of a rule, newest first' })
  @ApiResponse(jsonExample(200, 'versions never change', { items: [RULE_VIEW_EXAMPLE], nextCursor: null }))
  @ApiResponse(NOT_FOUND)
  async versions(@Param('id') id: string) {
    return { items: await this.rules.versions(id), nextCursor: null };
  }

  @Get(':id/nfa')
  @Header('content-type', 'text/plain; charset=utf-8')
  @ApiProduces('text/plain')
  @ApiOperation({ summary: "The rule's automaton as a Mermaid diagram" })
  @ApiResponse({ status: 200, content: { 'text/plain': { example: NFA_EXAMPLE } } })
  @ApiResponse(NOT_FOUND)
  async nfa(@Param('id') id: string): Promise<string> {
    return mermaidOf(await this.rules.definition(id));
  }

  @Get(':id/plan')
  @ApiOperation({ summary: 'How open partial matches are kept and how they can grow' })
  @ApiResponse(jsonExample(200, 'the plan', PLAN))
  @ApiResponse(NOT_FOUND)
  plan(@Param('id') id: string) {
    return this.rules.plan(id);
  }

  @Get(':id/stats')
  @ApiOperation({ summary: 'What the rule has seen and done' })
  @ApiResponse(jsonExample(200, 'counts since the rule was registered', STATS_EXAMPLE))
  @ApiResponse(NOT_FOUND)
  stats(@Param('id') id: string) {
    return this.rules.stats(id);
  }

  @Get(':id/keys/:key')
  @ApiOperation({
    summary: "A key's open partial matches",
    description:
      'The key is JSON or a bare string. A bare number such as `4711` is the number; when that has no open match and the string `"4711"` has, it is the string. Quotes make it a string always. `since`: time of the first event, epoch ms.',
  })
  @ApiResponse(
    jsonExample(200, 'open partial matches', {
      rule: 'card-testing',
      key: 'c1',
      matches: [
        {
          waitingFor: 'large',
          since: 1767225600000,
          deadline: 1767226200000,
          steps: { small: [{ id: 't1', time: 1767225600000, event: EVENTS_EXAMPLE[0] }] },
        },
      ],
    }),
  )
  @ApiResponse(NOT_FOUND)
  @Header('content-type', 'application/json; charset=utf-8')
  async keys(@Param('id') id: string, @Param('key') text: string): Promise<string> {
    const { key, matches } = await this.rules.openMatches(id, text);
    return `{"rule":${JSON.stringify(id)},"key":${key},"matches":${JSON.stringify(matches)}}`;
  }
}

function readStatus(value: unknown): RuleStatus {
  const status = RULE_STATUSES.find((each) => each === value);
  if (status !== undefined) return status;
  const problem = {
    code: 'invalid-status',
    message: '`status` is none that a rule can have',
    pointer: '/status',
    found: value === undefined ? undefined : shown(value),
    expected: `one of ${RULE_STATUSES.join(', ')}`,
    suggestion: nearest(String(value), RULE_STATUSES),
  };
  throw invalid('invalid-status', problem.message, [problem]);
}
