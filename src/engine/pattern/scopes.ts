/**
 * What the names in each condition of a pattern mean. Step numbers are places in takingSteps(pattern.steps).
 */
import type { ExpressionScope, StepBinding } from '../expr/index.js';
import type { Step } from './ir/step.js';

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
  place(steps, 0, undefined, bindings, of);
  return { bindings, of };
}

function bind(steps: readonly Step[], repeated: boolean, bindings: StepBinding[]): void {
  for (const step of steps) {
    if (step.kind === 'group') bind(step.steps, repeated || step.times !== undefined, bindings);
    else if (step.kind !== 'negation') bindings.push({ name: step.name, kind: repeated || step.kind === 'loop' ? 'many' : 'one' });
  }
}

/** Returns the number of the next taking step. `roundEnd`: where the outermost repeated group ends. */
function place(
  steps: readonly Step[],
  start: number,
  roundEnd: number | undefined,
  bindings: readonly StepBinding[],
  of: Map<Step, ExpressionScope>,
): number {
  let at = start;
  for (const step of steps) {
    if (step.kind === 'group') {
      const end = at + countTaking(step.steps);
      of.set(step, scopesTo(bindings, end));
      at = place(step.steps, at, roundEnd ?? (step.times === undefined ? undefined : end), bindings, of);
      continue;
    }
    const own = step.kind === 'loop' ? at + 1 : at;
    of.set(step, scopesTo(bindings, roundEnd ?? own));
    if (step.kind !== 'negation') at++;
  }
  return at;
}

function countTaking(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + (step.kind === 'group' ? countTaking(step.steps) : step.kind === 'negation' ? 0 : 1), 0);
}

function scopesTo(bindings: readonly StepBinding[], end: number): ExpressionScope {
  return { event: true, steps: bindings.slice(0, end) };
}
