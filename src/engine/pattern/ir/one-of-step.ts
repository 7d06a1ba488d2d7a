import type { BranchingStep } from './branching-step.js';

/** Alternation: one of the branches. Over a relaxed gap the next event that fits the head of any branch is taken. */
export interface OneOfStep extends BranchingStep {
  readonly kind: 'oneOf';
}
