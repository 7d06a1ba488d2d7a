import type { AllOfStep } from './all-of-step.js';
import type { GroupStep } from './group-step.js';
import type { LoopStep } from './loop-step.js';
import type { NegationStep } from './negation-step.js';
import type { OneOfStep } from './one-of-step.js';
import type { SingleStep } from './single-step.js';

/** All kinds of steps: a record over it that misses one is a type error. */
export interface StepByKind {
  readonly single: SingleStep;
  readonly loop: LoopStep;
  readonly negation: NegationStep;
  readonly group: GroupStep;
  readonly oneOf: OneOfStep;
  readonly allOf: AllOfStep;
}

export type StepKind = keyof StepByKind;
export type Step = StepByKind[StepKind];

/** Steps that take events: what a match is made of. */
export type TakingStep = SingleStep | LoopStep;

/** Steps made of steps. */
export type CompositeStep = GroupStep | OneOfStep | AllOfStep;

/** The sequences that a step is made of: a group's one, a branching step's several, none of any other. */
export function sequencesIn(step: Step): readonly (readonly Step[])[] {
  if (step.kind === 'group') return [step.steps];
  return isBranching(step) ? step.branches : [];
}

export function isBranching(step: Step): step is OneOfStep | AllOfStep {
  return step.kind === 'oneOf' || step.kind === 'allOf';
}

export function isComposite(step: Step): step is CompositeStep {
  return step.kind === 'group' || isBranching(step);
}

/** Can be passed without an event? What Flink calls optional; a loop from 0 is. */
export function isOptional(step: Step): boolean {
  return step.kind !== 'negation' && step.optional;
}

/** Has it a `times` without upper bound? */
export function isOpenLoop(step: Step): boolean {
  return (step.kind === 'loop' || isComposite(step)) && step.times !== undefined && step.times.max === undefined;
}

/** The steps that take events, in the order of the document: their places are the step numbers of matches. */
export function takingSteps(steps: readonly Step[]): TakingStep[] {
  return steps.flatMap((step): TakingStep[] => {
    if (isComposite(step)) return sequencesIn(step).flatMap(takingSteps);
    return step.kind === 'negation' ? [] : [step];
  });
}
