import { Inject, Injectable } from '@nestjs/common';
import { decodeItem } from '../../connectors/http/decode-item.js';
import { readJson } from '../../engine/event/json-reader.js';
import { nearest, type Problem, pointerTo, shown } from '../../engine/problem/problem.js';
import { FieldLayout } from '../../engine/event/field-layout.js';
import { compileRule } from '../../engine/rule/compile.js';
import type { RuleDefinition, StreamDefinition } from '../../engine/rule/definition.js';
import { readRuleDocument, readStream } from '../../engine/rule/index.js';
import type { SimulatedEvent, SimulatedWindow, Simulation } from '../../runtime/simulate.js';
import { simulateInThread, type SimulationTask } from '../../runtime/simulation-thread.js';
import { DomainError, invalid } from '../errors/domain-error.js';
import { readJsonObject } from '../http/json-body.js';
import { sliceElements, sliceMembers } from '../http/json-slices.js';
import { readMoment } from '../http/query-fields.js';
import { ListsService } from '../lists/lists.service.js';
import type { Settings } from '../settings/settings.js';
import { StreamsService } from '../streams/streams.service.js';
import { SETTINGS } from '../tokens.js';

const MEMBERS = ['rule', 'events', 'stream', 'watermark', 'explain'];
/** A request with more is a job for replay. */
const MAX_EVENTS = 100_000;
/** One simulation may have no more, and no more of them run at once: each has a thread. */
const BOUNDS = { timeMs: 5_000, heapMb: 512 };
const MAX_RUNNING = 2;

/** Tries a rule on posted events; nothing is stored and no stream needs to exist. */
@Injectable()
export class SimulationService {
  #running = 0;

  constructor(
    @Inject(StreamsService) private readonly streams: StreamsService,
    @Inject(ListsService) private readonly lists: ListsService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Answers {matches, timeouts, alerts} as JSON text; alerts carry the events byte for byte. */
  async simulate(text: string): Promise<string> {
    // Its events are taken as a stream takes them: of a key that stands twice the last.
    const body = readJsonObject(text, this.settings.maxEventNesting + 2, readJson);
    const unknown = Object.keys(body).filter((name) => !MEMBERS.includes(name));
    const slices = sliceMembers(text);
    if (unknown.length > 0) throw invalidBody(unknown.map(unknownMember));
    if (!Array.isArray(body.events)) throw invalidBody([noEvents(body.events)]);
    if (body.events.length > MAX_EVENTS)
      throw new DomainError('too-large', 'too-many-events', `at most ${MAX_EVENTS} events are simulated at once`);
    const document = ruleText(body.rule, slices.get('rule') ?? 'null');
    const rule = this.#rule(document);
    const events = this.#events(rule, sliceElements(slices.get('events')!), body.stream);
    const lists = await this.lists.contents(compileRule(rule, 1, new FieldLayout()).lists);
    const options = { watermark: readWatermark(body.watermark), explain: readExplain(body.explain), lists };
    const { matches, timeouts, windows, alerts, explanation } = await this.#run({ ...document, events, ...options });
    const rows = rule.kind === 'window' ? `,"windows":[${windows.map(windowJson).join(',')}]` : '';
    const explained = explanation === undefined ? '' : `,"explanation":${explanation}`;
    return `{"matches":${JSON.stringify(matches)},"timeouts":${JSON.stringify(timeouts)}${rows},"alerts":[${alerts.join(',')}]${explained}}`;
  }

  /** A rule that loops costs its own thread, not the service. */
  async #run(task: SimulationTask): Promise<Simulation> {
    if (this.#running >= MAX_RUNNING)
      throw new DomainError('busy', 'simulation-busy', `${MAX_RUNNING} simulations are running; send again later`, { retryAfter: 1 });
    this.#running++;
    try {
      return await simulateInThread(task, BOUNDS);
    } catch (error) {
      throw new DomainError('invalid', 'simulation-stopped', (error as Error).message);
    } finally {
      this.#running--;
    }
  }

  #rule({ text, format }: RuleText): RuleDefinition {
    const { rule, problems } = readRuleDocument(text, { format, limits: this.settings, knownLists: this.lists.names });
    if (rule !== undefined) return rule;
    throw invalid(
      'invalid-rule',
      `the rule document has ${problems.length} problem(s)`,
      problems.map((problem) => ({ ...problem, pointer: `/rule${problem.pointer ?? ''}` })),
    );
  }

  #events(rule: RuleDefinition, texts: readonly string[], posted: unknown): SimulatedEvent[] {
    const problems: Problem[] = [];
    const definitions = new Map<string, StreamDefinition>();
    const events = texts.map((text, index): SimulatedEvent => {
      const { stream, raw } = addressed(text, rule.from[0]);
      if (!definitions.has(stream)) definitions.set(stream, this.#stream(stream, posted));
      const bytes = Buffer.from(raw);
      const item = { line: index + 1, bytes, size: bytes.length, tooLarge: bytes.length > this.settings.maxEventBytes };
      const decoded = decodeItem(item, definitions.get(stream)!, Infinity, this.settings);
      if (typeof decoded === 'number') return { stream, time: decoded, raw: bytes };
      problems.push({ code: decoded.code, message: decoded.message, pointer: pointerTo('/events', index) });
      return { stream, time: 0, raw: bytes };
    });
    if (problems.length > 0) throw invalidBody(problems.slice(0, 100));
    return events;
  }

  /** The posted definition, else the registered one, else time in `ts`. */
  #stream(name: string, posted: unknown): StreamDefinition {
    const registered = this.streams.find(name);
    if (posted === undefined && registered?.time !== undefined) return registered;
    const time = { field: 'ts', format: 'epochMillis' };
    const document = typeof posted === 'object' && posted !== null ? { time: registered?.time ?? time, ...posted, name } : { name, time };
    const { stream, problems } = readStream(document, { limits: this.settings });
    if (stream !== undefined) return stream;
    throw invalid(
      'invalid-stream',
      'the stream has problems',
      problems.map((problem) => ({ ...problem, pointer: `/stream${problem.pointer ?? ''}` })),
    );
  }
}

type RuleText = Pick<SimulationTask, 'text' | 'format'>;

/** A rule may be posted as a YAML text or as it is. */
function ruleText(value: unknown, slice: string): RuleText {
  return typeof value === 'string' ? { text: value, format: 'yaml' } : { text: slice, format: 'json' };
}

/** An event as it is, or {"$stream": name, "event": {…}} for rules over several streams. */
function addressed(text: string, fallback: string): { stream: string; raw: string } {
  if (!text.includes('"$stream"')) return { stream: fallback, raw: text };
  const members = sliceMembers(text);
  const [stream, event] = [members.get('$stream'), members.get('event')];
  if (stream === undefined || event === undefined || members.size !== 2) return { stream: fallback, raw: text };
  return { stream: String(JSON.parse(stream)), raw: event };
}

/** The key goes out as text: it may be an integer that a double cannot hold. */
function windowJson({ key, ...window }: SimulatedWindow): string {
  return `{"key":${key},${JSON.stringify(window).slice(1)}`;
}

function readWatermark(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const time = readMoment(value);
  if (typeof time === 'number') return time;
  throw invalidBody([
    { code: 'invalid-time', message: '`watermark` must be milliseconds or an ISO 8601 time', pointer: '/watermark', found: shown(value) },
  ]);
}

function readExplain(value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true;
  const expected = 'true or false';
  throw invalidBody([
    { code: 'wrong-type', message: `\`explain\` must be ${expected}`, pointer: '/explain', found: shown(value), expected },
  ]);
}

function noEvents(found: unknown): Problem {
  const expected = 'a list of events';
  const problem = { pointer: '/events', expected };
  if (found === undefined) return { code: 'missing-key', message: `\`events\` is missing: expected ${expected}`, ...problem, pointer: '' };
  return { code: 'wrong-type', message: `\`events\` must be ${expected}`, ...problem, found: shown(found) };
}

function unknownMember(name: string): Problem {
  const suggestion = nearest(name, MEMBERS);
  return {
    code: 'unknown-key',
    message: `unknown key \`${name}\``,
    pointer: pointerTo('', name),
    expected: `one of ${MEMBERS.join(', ')}`,
    suggestion,
  };
}

function invalidBody(problems: readonly Problem[]): DomainError {
  return invalid('invalid-simulation', `the request has ${problems.length} problem(s)`, problems);
}
