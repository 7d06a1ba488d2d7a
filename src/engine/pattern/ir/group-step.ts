import type { Condition } from './condition.js';
import type { Link } from './link.js';
import type { Step } from './step.js';
import type { LoopContiguity, Times } from './times.js';

/** A sequence of steps as one; its first step takes the group's link. */
export interface GroupStep {
  readonly kind: 'group';
  readonly name: string;
  readonly link: Link;
  readonly steps: readonly Step[];
  readonly times?: Times;
  /** The gap between two rounds. */
  readonly loop: LoopContiguity;
  readonly optional: boolean;
  readonly until?: Condition;
  /** Without effect on a group, as in Flink. */
  readonly within?: number;
}
