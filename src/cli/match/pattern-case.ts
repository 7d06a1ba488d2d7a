/** Cases of kind `pattern`: an event's identity is its index, time moves from one timestamp to the next. */
import { Event } from '../../engine/event/event.js';
import { FieldLayout } from '../../engine/event/field-layout.js';
import type { JsonObject } from '../../engine/event/json-reader.js';
import { ExpressionTableBuilder, toJsonText } from '../../engine/expr/index.js';
import type { Match, Matcher, MatchOutput } from '../../engine/match/matcher.js';
import { createMatcher, type Representation } from '../../engine/match/select.js';
import { compilePattern } from '../../engine/nfa/index.js';
import { type Pattern, readPattern } from '../../engine/pattern/index.js';
import { Fields, Findings } from '../../engine/problem/fields.js';
import { reject } from './case-error.js';
import { EXPRESSION_LIMITS } from './limits.js';

/** The command has no service limits; these only keep one case from taking all memory. */
const MATCHES_PER_EVENT = 100_000;
const LIMITS = { maxSteps: 100_000, maxNesting: 100, maxTimes: 100_000, maxUnrolled: 1_000_000, maxWays: 10_000_000 };

/** Where something came out: while event `at` was processed, or when time moved to event `before`. */
export type EmissionPoint = { readonly at: number } | { readonly before: number };

type Steps = Record<string, number[]>;

export interface PatternResult {
  readonly matches: readonly (EmissionPoint & { readonly steps: Steps })[];
  readonly timeouts: readonly (EmissionPoint & { readonly time: number; readonly steps: Steps })[];
}

/** Collects what comes out, with where. */
class Recorder implements MatchOutput {
  readonly matches: (EmissionPoint & { steps: Steps })[] = [];
  readonly timeouts: (EmissionPoint & { time: number; steps: Steps })[] = [];
  point: EmissionPoint = { before: 0 };

  constructor(readonly stepNames: readonly string[]) {}

  match({ kind, path, endTime }: Match): void {
    const steps: Steps = {};
    for (const { step, event } of path) (steps[this.stepNames[step]] ??= []).push(event.offset);
    if (kind === 'match') this.matches.push({ ...this.point, steps });
    else this.timeouts.push({ ...this.point, time: endTime, steps });
  }

  conditionError(): void {
    // Counts as false, which is all that a case shows of it.
  }

  limitReached(): never {
    reject('too-many-matches', `one event gives more than ${MATCHES_PER_EVENT} matches and new partial matches`);
  }
}

/** `representation`: a forced one, for tests. @throws CaseRejected when the case or its rule is wrong */
export function runPatternCase(document: JsonObject, representation?: Representation): PatternResult {
  const pattern = readRule(document.rule);
  const layout = new FieldLayout();
  const table = new ExpressionTableBuilder(layout, EXPRESSION_LIMITS);
  const { nfa } = compilePattern(pattern, table);
  const matcher = createMatcher(nfa, table.build(), { limits: { matchesPerEvent: MATCHES_PER_EVENT } }, representation);
  const out = new Recorder(nfa.stepNames);
  play(matcher, readEvents(document.events, layout), readWatermark(document.watermark), out);
  return { matches: out.matches, timeouts: out.timeouts };
}

function readRule(rule: unknown): Pattern {
  const findings = new Findings();
  const fields = Fields.of(rule, '', findings, ['pattern', 'within', 'skip']);
  const { pattern, problems } = readPattern(fields?.object ?? {}, { limits: LIMITS, expressionLimits: EXPRESSION_LIMITS });
  const [problem] = [...findings.problems, ...problems];
  if (problem !== undefined) reject(problem.code, problem.message, problem.pointer);
  return pattern as Pattern;
}

function readEvents(value: unknown, layout: FieldLayout): Event[] {
  if (!Array.isArray(value)) reject('wrong-type', '`events` must be a list');
  let latest = -Infinity;
  return value.map((item: unknown, index) => {
    const time = typeof item === 'object' && item !== null ? (item as JsonObject).ts : undefined;
    if (!Number.isSafeInteger(time)) reject('missing-time', `event ${index} has no time: \`ts\` must be epoch milliseconds`);
    if ((time as number) < latest)
      reject('invalid-time', `event ${index} comes before the one in front of it: events must be in time order`);
    latest = time as number;
    const raw = Buffer.from(toJsonText(item));
    return new Event(layout, 'case', 0, index, latest, raw, layout.decode(raw));
  });
}

function readWatermark(value: unknown): number | undefined {
  if (value === undefined || Number.isSafeInteger(value)) return value as number | undefined;
  return reject('wrong-type', '`watermark` must be epoch milliseconds');
}

function play(matcher: Matcher<unknown>, events: readonly Event[], watermark: number | undefined, out: Recorder): void {
  const state = matcher.createState();
  let time = -Infinity;
  for (const event of events) {
    if (event.time > time) {
      time = event.time;
      out.point = { before: event.offset };
      matcher.advanceTime(state, time, out);
    }
    out.point = { at: event.offset };
    matcher.processEvent(state, event, out);
  }
  out.point = { before: events.length };
  if (watermark !== undefined) matcher.advanceTime(state, watermark, out, true);
}
