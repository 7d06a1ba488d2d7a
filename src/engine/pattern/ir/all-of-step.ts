import type { BranchingStep } from './branching-step.js';

/** Every branch, one after the other, in whatever order they come: the unordered conjunction. */
export interface AllOfStep extends BranchingStep {
  readonly kind: 'allOf';
}
