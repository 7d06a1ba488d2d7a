/**
 * Why a key has no result of a window rule: its fullest window, the values there, and the part of `having` that was
 * not true for them.
 */
import type { Event } from '../event/event.js';
import type { FieldLayout } from '../event/field-layout.js';
import { type ExpressionScope, ExpressionTableBuilder, type ListStore, ListView } from '../expr/index.js';
import type { Emission, MatchOutput, WindowResult } from '../match/matcher.js';
import { compileWindow } from '../window/rule/compile-window.js';
import { type WindowRule, windowValueNames } from '../window/rule/window-rule.js';
import { explainFailure, type FailedCondition } from './failed-condition.js';

export interface NearWindow {
  /** Epoch ms, the end exclusive; absent for windows of a number of events. */
  readonly window?: { readonly start: number; readonly end: number };
  readonly eventCount: number;
  /** Time has not come to its end, or it needs more events: the values are those so far. */
  readonly open: boolean;
  /** By name; empty where a window of a number of events is open. */
  readonly values: WindowResult['values'];
  /** Absent where `having` holds, as it may in an open window. */
  readonly failure?: FailedCondition;
}

/** `events` are one key's, in order, decoded with `layout`; time ends before `until`. Undefined: no window has any of them. */
export function findNearWindow(
  rule: WindowRule,
  layout: FieldLayout,
  events: readonly Event[],
  until: number,
  lists?: ListStore,
): NearWindow | undefined {
  const { closed, open } = resultsOf(rule, layout, events, until, lists);
  const near = (result: WindowResult, isOpen: boolean): NearWindow => ({
    window: result.window,
    eventCount: eventCountOf(rule, result, events),
    open: isOpen,
    values: result.values,
    failure: failureOf(rule, result, layout, lists),
  });
  const windows = [...closed.map((result) => near(result, false)), ...open.map((result) => near(result, true)), ...restOf(rule, events)];
  return windows.reduce<NearWindow | undefined>((most, each) => (each.eventCount > (most?.eventCount ?? 0) ? each : most), undefined);
}

/** Events of a result's window. */
export function eventCountOf({ window: spec }: WindowRule, { window, firing }: WindowResult, events: readonly Event[]): number {
  if (window !== undefined) return events.filter(({ time }) => time >= window.start && time < window.end).length;
  return spec.kind === 'count' ? Math.min(spec.size, firing * spec.every) : 0;
}

/** All windows, whatever `having` says. */
function resultsOf(rule: WindowRule, layout: FieldLayout, events: readonly Event[], until: number, lists: ListStore | undefined) {
  const table = new ExpressionTableBuilder(layout);
  const matcher = compileWindow({ ...rule, having: undefined }, table)(table.build(lists));
  const state = matcher.createState();
  const results = new Results();
  const advance = (time: number): void => {
    for (let deadline = matcher.nextDeadline(state); deadline <= time; deadline = matcher.nextDeadline(state))
      matcher.advanceTime(state, deadline, results);
  };
  for (const event of events) {
    advance(event.time);
    matcher.processEvent(state, event, results);
  }
  advance(until);
  const closed = results.take();
  advance(Number.MAX_VALUE);
  return { closed, open: results.take() };
}

class Results implements MatchOutput {
  #found: WindowResult[] = [];

  match(result: Emission): void {
    if (result.kind === 'window') this.#found.push(result);
  }

  take(): readonly WindowResult[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  conditionError(): void {
    // Shown by the value that it left out.
  }

  limitReached(): void {
    // Windows have no limits.
  }
}

/** Events that wait for more to make up a window of a number of them. */
function restOf({ window }: WindowRule, events: readonly Event[]): NearWindow[] {
  if (window.kind !== 'count' || events.length >= window.every) return [];
  return [{ eventCount: events.length, open: true, values: {} }];
}

function failureOf(
  { having, select }: WindowRule,
  { window, values }: WindowResult,
  layout: FieldLayout,
  lists: ListStore | undefined,
): FailedCondition | undefined {
  if (having === undefined) return undefined;
  const scope: ExpressionScope = { event: false, steps: [], values: windowValueNames(select) };
  const view = new ListView(() => [], [window ?? null, ...select.map(({ name }) => values[name])]);
  const failure = explainFailure(having, scope, null, view, layout, lists);
  return failure.result === 'true' ? undefined : failure;
}
