/** Explanations of a simulation as JSON values; events are named by the index they were given with. */
import type { Event } from '../engine/event/event.js';
import { readJson } from '../engine/event/json-reader.js';
import type { FieldLayout } from '../engine/event/field-layout.js';
import type { ListStore } from '../engine/expr/index.js';
import { eventCountOf, explainEdges, type Fate, findNearMiss, findNearWindow, type NearMiss } from '../engine/explain/index.js';
import type { Match, Taken, WindowResult } from '../engine/match/matcher.js';
import type { Pattern } from '../engine/pattern/index.js';
import type { CompiledRule } from '../engine/rule/compile.js';
import type { WindowRuleDefinition } from '../engine/rule/definition.js';
import type { Key } from '../engine/state/key.js';

/** One event of a match or partial match: the step that took it, over which edge of the pattern. */
export interface ExplainedEvent {
  readonly step: string;
  readonly event: number;
  /** begin, next, followedBy, followedByAny, loop (one more of the step), round (of a group). */
  readonly edge: string;
  /** Epoch ms. */
  readonly time: number;
  /** The step's condition; absent when it takes any event. */
  readonly where?: string;
  /** ms since the event before it. */
  readonly waited?: number;
}

export interface ExplainedMatch {
  readonly key: unknown;
  readonly events: readonly ExplainedEvent[];
  /** lastEvent, notNext (the next event did not fit), absence (nothing came in time), timeout. */
  readonly ended: { readonly by: 'lastEvent' | 'notNext' | 'absence' | 'timeout'; readonly time: number };
}

/** The partial match of a key without a match that came furthest. */
export interface ExplainedNearMiss {
  readonly key: unknown;
  /** Empty when no event began a match. */
  readonly events: readonly ExplainedEvent[];
  readonly waitingFor: readonly string[];
  readonly fate: {
    readonly kind: Fate['kind'];
    readonly event?: number;
    /** Epoch ms: when it ended, or its deadline while it is open. */
    readonly time?: number;
    /** The negation whose event came. */
    readonly by?: string;
  };
  /** The first events that it did not take; the first part of the condition that was not true, and what it read. */
  readonly failures: readonly {
    readonly event: number;
    readonly step: string;
    readonly condition: string;
    readonly part: string;
    readonly result: string;
    readonly values: Readonly<Record<string, unknown>>;
  }[];
  readonly failureCount: number;
}

/** A window of a key and what it gave. */
export interface ExplainedWindow {
  readonly key: unknown;
  /** Epoch ms, the end exclusive; absent for windows of a number of events. */
  readonly start?: number;
  readonly end?: number;
  readonly eventCount: number;
  readonly values: Readonly<Record<string, number | null>>;
}

/** The fullest window of a key for which `having` never held. */
export interface ExplainedNearWindow extends ExplainedWindow {
  /** Time has not come to its end, or it needs more events: the values are those so far. */
  readonly open: boolean;
  /** The first part of `having` that was not true, and what it read. */
  readonly failure?: { readonly condition: string; readonly part: string; readonly result: string; readonly values: object };
}

/** Of a window rule. */
export interface WindowExplanation {
  /** In the order of the simulation's windows. */
  readonly windows: readonly ExplainedWindow[];
  /** For the first keys without a result. */
  readonly nearMisses: readonly ExplainedNearWindow[];
}

export type Explanation = PatternExplanation | WindowExplanation;

export interface PatternExplanation {
  /** In the order of the simulation's matches and timeouts. */
  readonly matches: readonly ExplainedMatch[];
  readonly timeouts: readonly ExplainedMatch[];
  /** For the first keys without a match. */
  readonly nearMisses: readonly ExplainedNearMiss[];
}

/** Keys whose near miss is looked for. */
export const MAX_NEAR_MISSES = 100;

export function explainMatch(rule: CompiledRule, key: Key, match: Match): ExplainedMatch {
  return { key: readJson(key.json), events: explainedEvents(rule, match.path), ended: { by: endOf(rule, match), time: match.endTime } };
}

export function explainNearMiss(
  rule: CompiledRule,
  key: Key,
  events: readonly Event[],
  watermark: number,
  lists: ListStore,
): ExplainedNearMiss {
  const found = findNearMiss(patternOf(rule), rule.layout, events, watermark, lists);
  return {
    key: readJson(key.json),
    events: explainedEvents(rule, found.path),
    waitingFor: found.waitingFor,
    fate: fateView(found.fate),
    failures: failureViews(found),
    failureCount: found.failureCount,
  };
}

export function explainWindow(rule: WindowRuleDefinition, key: Key, result: WindowResult, events: readonly Event[]): ExplainedWindow {
  return { key: readJson(key.json), ...result.window, eventCount: eventCountOf(rule, result, events), values: result.values };
}

/** Undefined where no window has any of the events. */
export function explainNearWindow(
  rule: WindowRuleDefinition,
  layout: FieldLayout,
  key: Key,
  events: readonly Event[],
  until: number,
  lists: ListStore,
): ExplainedNearWindow | undefined {
  const found = findNearWindow(rule, layout, events, until, lists);
  if (found === undefined) return undefined;
  const { window, eventCount, values, open, failure } = found;
  return { key: readJson(key.json), ...window, eventCount, values, open, ...(failure !== undefined && { failure }) };
}

function explainedEvents(rule: CompiledRule, path: readonly Taken[]): ExplainedEvent[] {
  return explainEdges(rule.edges, path).map(({ step, taken, edge, where, waited }) => ({
    step,
    event: taken.event.offset,
    edge,
    time: taken.event.time,
    ...(where !== undefined && { where }),
    ...(waited !== undefined && { waited }),
  }));
}

/** Windows give no matches to explain. */
function patternOf({ definition }: CompiledRule): Pattern {
  if (definition.kind === 'window') throw new TypeError(`rule ${definition.id} has no pattern`);
  return definition.pattern;
}

function endOf(rule: CompiledRule, { kind }: Match): ExplainedMatch['ended']['by'] {
  if (kind === 'timeout') return 'timeout';
  const last = patternOf(rule).steps.at(-1);
  if (last?.kind !== 'negation') return 'lastEvent';
  return last.link === 'notNext' ? 'notNext' : 'absence';
}

function fateView(fate: Fate): ExplainedNearMiss['fate'] {
  switch (fate.kind) {
    case 'open':
      return fate.deadline === undefined ? { kind: 'open' } : { kind: 'open', time: fate.deadline };
    case 'timeout':
      return fate;
    case 'forbidden':
      return { kind: 'forbidden', event: fate.event.offset, time: fate.event.time, by: fate.by };
    case 'strict':
    case 'skipped':
      return { kind: fate.kind, event: fate.event.offset, time: fate.event.time };
  }
}

function failureViews({ failures }: NearMiss): ExplainedNearMiss['failures'] {
  return failures.map(({ event, step, condition, part, result, values }) => ({
    event: event.offset,
    step,
    condition,
    part,
    result,
    values,
  }));
}
