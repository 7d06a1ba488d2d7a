/** A pattern as the part of a rule document that gives it: what the reader reads, without what it fills in. */
import { stringify } from 'yaml';
import { formatDuration } from '../../time/duration.js';
import type { StepDocument } from '../document.js';
import { type Condition, conditionText } from '../ir/condition.js';
import type { EventCondition } from '../ir/event-condition.js';
import type { AllOfStep } from '../ir/all-of-step.js';
import type { LoopStep } from '../ir/loop-step.js';
import type { OneOfStep } from '../ir/one-of-step.js';
import type { Skip } from '../ir/skip.js';
import type { CompositeStep, Step, StepByKind, StepKind } from '../ir/step.js';
import type { Times } from '../ir/times.js';
import type { Pattern } from '../pattern.js';

export interface PatternText {
  readonly pattern: readonly StepDocument[];
  readonly within?: string;
  readonly skip?: Skip | Skip['strategy'];
}

const PRINTERS: { readonly [K in StepKind]: (step: StepByKind[K]) => StepDocument } = {
  single: (step) => ({ [step.link]: step.name, ...condition(step), ...optional(step.optional), ...bound('within', step.within) }),
  loop: (step) => ({
    [step.link]: step.name,
    ...condition(step),
    ...repetition(step),
    ...(step.greedy && { greedy: true }),
    ...bound('within', step.within),
  }),
  negation: (step) => ({ [step.link]: step.name, ...condition(step), ...bound('within', step.within), ...bound('for', step.for) }),
  group: (step) => ({
    [step.link]: step.name,
    group: step.steps.map(stepDocument),
    ...repetition(step),
    ...bound('within', step.within),
  }),
  oneOf: (step) => branching(step),
  allOf: (step) => branching(step),
};

/** Plain JSON values. @throws TypeError when a condition is a function: a document cannot say it */
export function toDocument({ steps, within, skip }: Pattern): PatternText {
  return {
    pattern: steps.map(stepDocument),
    ...bound('within', within),
    ...(skip.strategy !== 'noSkip' && { skip: 'step' in skip ? skip : skip.strategy }),
  };
}

/** The same as YAML. @throws TypeError as toDocument */
export function toYaml(pattern: Pattern): string {
  return stringify(toDocument(pattern), { lineWidth: 0 });
}

function stepDocument(step: Step): StepDocument {
  return (PRINTERS[step.kind] as (step: Step) => StepDocument)(step);
}

function branching(step: OneOfStep | AllOfStep): StepDocument {
  const branches = step.branches.map((steps) => steps.map(stepDocument));
  return { [step.link]: step.name, [step.kind]: branches, ...repetition(step), ...bound('within', step.within) };
}

function condition({ where, from }: EventCondition): StepDocument {
  return { ...(where !== undefined && { where: cel(where) }), ...(from !== undefined && { from }) };
}

function cel(condition: Condition): string {
  if (typeof condition === 'string') return condition;
  throw new TypeError(`a document's conditions are CEL; this one is a function: ${conditionText(condition).slice(0, 200)}`);
}

function repetition(step: LoopStep | CompositeStep): StepDocument {
  const { times, loop, optional: isOptional } = step;
  const until = 'until' in step ? step.until : undefined;
  return {
    ...(times !== undefined && { times: timesDocument(times) }),
    ...(loop !== 'relaxed' && { loop }),
    ...(until !== undefined && { until: cel(until) }),
    // `min: 0` says it already.
    ...optional(isOptional && times?.min !== 0),
  };
}

function timesDocument({ min, max, within, distinct }: Times): StepDocument['times'] {
  if (min === max && within === undefined && distinct === undefined) return min;
  return { min, ...(max !== undefined && { max }), ...bound('within', within), ...(distinct !== undefined && { distinct }) };
}

function optional(value: boolean): StepDocument {
  return value ? { optional: true } : {};
}

function bound<K extends string>(key: K, ms: number | undefined): { readonly [P in K]?: string } {
  return ms === undefined ? {} : ({ [key]: formatDuration(ms) } as { [P in K]: string });
}
