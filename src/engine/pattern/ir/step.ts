import type { GroupStep } from './group-step.js';
import type { LoopStep } from './loop-step.js';
import type { NegationStep } from './negation-step.js';
import type { SingleStep } from './single-step.js';

/** All kinds of steps: a record over it that misses one is a type error. */
export interface StepByKind {
  readonly single: SingleStep;
  readonly loop: LoopStep;
  readonly negation: NegationStep;
  readonly group: GroupStep;
}

export type StepKind = keyof StepByKind;
export type Step = StepByKind[StepKind];

/** Steps that take events: what a match is made of. */
export type TakingStep = SingleStep | LoopStep;

/** Can be passed without an event? What Flink calls optional; a loop from 0 is. */
export function isOptional(step: Step): boolean {
  return step.kind !== 'negation' && step.optional;
}

/** Has it a `times` without upper bound? */
export function isOpenLoop(step: Step): boolean {
  return (step.kind === 'loop' || step.kind === 'group') && step.times !== undefined && step.times.max === undefined;
}

/** The steps that take events, in the order of the document: their places are the step numbers of matches. */
export function takingSteps(steps: readonly Step[]): TakingStep[] {
  return steps.flatMap((step): TakingStep[] => {
    if (step.kind === 'group') return takingSteps(step.steps);
    return step.kind === 'negation' ? [] : [step];
  });
}
