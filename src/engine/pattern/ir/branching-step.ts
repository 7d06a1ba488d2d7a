import type { Link } from './link.js';
import type { Step } from './step.js';
import type { LoopContiguity, Times } from './times.js';

/** What oneOf and allOf share: sequences side by side, as one step. */
export interface BranchingStep {
  readonly name: string;
  /** Leads to the first event of a branch, whichever it is. */
  readonly link: Link;
  /** At least two; each begins with a step that must take an event. */
  readonly branches: readonly (readonly Step[])[];
  readonly times?: Times;
  /** The gap between two rounds, and between two branches of allOf. */
  readonly loop: LoopContiguity;
  readonly optional: boolean;
  /** Longest wait for the first event of a round that must be, from the event before it, ms. */
  readonly within?: number;
}
