/**
 * What the names in each condition of a pattern mean. Step numbers are places in takingSteps(pattern.steps).
 */
import type { ExpressionScope, StepBinding } from '../expr/index.js';
import { type CompositeStep, isComposite, sequencesIn, type Step, takingSteps } from './ir/step.js';

export interface PatternScopes {
  /** By step number: how a step looks from outside, as alerts see it. */
  readonly bindings: readonly StepBinding[];
  /** Of a step's `where` and `until`. */
  readonly of: ReadonlyMap<Step, ExpressionScope>;
}

/** Steps of a group with times are lists, also to steps before them: they hold the events of earlier rounds. */
export function scopesOf(steps: readonly Step[]): PatternScopes {
  const bindings: StepBinding[] = [];
  bind(steps, false, bindings);
  const of = new Map<Step, ExpressionScope>();
  place(steps, 0, NOTHING_ELSE, bindings, of);
  return { bindings, of };
}

function bind(steps: readonly Step[], repeated: boolean, bindings: StepBinding[]): void {
  for (const step of steps) {
    if (isComposite(step)) for (const steps of sequencesIn(step)) bind(steps, repeated || step.times !== undefined, bindings);
    else if (step.kind !== 'negation') bindings.push({ name: step.name, kind: repeated || step.kind === 'loop' ? 'many' : 'one' });
  }
}

/** Which steps those of a sequence see besides the ones before them. */
interface View {
  /** In a repeated group all steps up to here: the end of the outermost one. */
  readonly roundEnd?: number;
  /** Of other branches: those of oneOf are never there, those of allOf may be. */
  readonly hidden: ReadonlySet<number>;
  readonly seen: ReadonlySet<number>;
}

const NOTHING_ELSE: View = { hidden: new Set(), seen: new Set() };

/** Returns the number of the next taking step. */
function place(
  steps: readonly Step[],
  start: number,
  view: View,
  bindings: readonly StepBinding[],
  of: Map<Step, ExpressionScope>,
): number {
  let at = start;
  for (const step of steps) {
    if (isComposite(step)) {
      at = placeInside(step, at, view, bindings, of);
      continue;
    }
    const own = step.kind === 'loop' ? at + 1 : at;
    of.set(step, scopeOf(bindings, own, view));
    if (step.kind !== 'negation') at++;
  }
  return at;
}

function placeInside(
  step: CompositeStep,
  start: number,
  view: View,
  bindings: readonly StepBinding[],
  of: Map<Step, ExpressionScope>,
): number {
  const end = start + takingSteps([step]).length;
  of.set(step, scopeOf(bindings, end, view));
  const roundEnd = view.roundEnd ?? (step.times === undefined ? undefined : end);
  let at = start;
  for (const steps of sequencesIn(step)) {
    const others = numbersOfOthers(start, end, at, at + takingSteps(steps).length);
    const hidden = step.kind === 'oneOf' ? new Set([...view.hidden, ...others]) : view.hidden;
    const seen = step.kind === 'allOf' ? new Set([...view.seen, ...others]) : view.seen;
    at = place(steps, at, { roundEnd, hidden, seen }, bindings, of);
  }
  return at;
}

/** From `start` to `end` without those from `from` to `to`. */
function numbersOfOthers(start: number, end: number, from: number, to: number): number[] {
  const numbers: number[] = [];
  for (let number = start; number < end; number++) if (number < from || number >= to) numbers.push(number);
  return numbers;
}

function scopeOf(bindings: readonly StepBinding[], own: number, { roundEnd, hidden, seen }: View): ExpressionScope {
  if (roundEnd !== undefined) return { event: true, steps: bindings.slice(0, roundEnd) };
  const steps = bindings.map((step, number) => ((number < own && !hidden.has(number)) || seen.has(number) ? step : undefined));
  const end = steps.findLastIndex((step) => step !== undefined) + 1;
  return { event: true, steps: steps.slice(0, end) };
}
