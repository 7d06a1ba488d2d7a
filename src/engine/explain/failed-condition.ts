import type { Event } from '../event/event.js';
import type { FieldLayout } from '../event/field-layout.js';
import {
  CelError,
  conjunctsOf,
  type ExpressionScope,
  ExpressionTableBuilder,
  type ListStore,
  type MatchView,
  readTexts,
  toJsonText,
} from '../expr/index.js';

/** Why a condition did not hold for an event. */
export interface FailedCondition {
  /** The whole condition. */
  readonly condition: string;
  /** The first part of it, of those joined by `&&`, that was not true. */
  readonly part: string;
  /** What that part gave: "false", or an error. */
  readonly result: string;
  /** What it read: expression to value, a missing field as an error. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Takes a CEL condition apart that is not true for the event; the first part decides. Without an event: for the names of the scope alone. */
export function explainFailure(
  text: string,
  scope: ExpressionScope,
  event: Event | null,
  match: MatchView,
  layout: FieldLayout,
  lists?: ListStore,
): FailedCondition {
  const evaluate = (texts: readonly string[]): unknown[] => {
    const table = new ExpressionTableBuilder(layout);
    for (const each of texts) table.add(each, scope);
    return table.build(lists).functions.map((run) => run(event, match));
  };
  const parts = conjunctsOf(text);
  const results = evaluate(parts);
  const failing = results.findIndex((result) => result !== true);
  // A split that changes the meaning is none: the condition stays whole.
  const at = failing < 0 ? undefined : failing;
  const part = at === undefined ? text : parts[at];
  const [result] = at === undefined ? evaluate([text]) : [results[at]];
  const reads = readTexts(part, scope);
  const values = evaluate(reads).map(shownValue);
  return {
    condition: text,
    part,
    result: resultText(result),
    values: Object.fromEntries(reads.map((read, index) => [read, values[index]])),
  };
}

function resultText(value: unknown): string {
  return value instanceof CelError ? `error: ${value.message}` : toJsonText(value);
}

function shownValue(value: unknown): unknown {
  return value instanceof CelError ? { error: value.message } : value;
}
