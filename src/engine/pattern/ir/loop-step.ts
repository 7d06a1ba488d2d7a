import type { Condition } from './condition.js';
import type { EventCondition } from './event-condition.js';
import type { Link } from './link.js';
import type { LoopContiguity, Times } from './times.js';

/** Takes several events. */
export interface LoopStep extends EventCondition {
  readonly kind: 'loop';
  readonly name: string;
  readonly link: Link;
  readonly times: Times;
  readonly loop: LoopContiguity;
  readonly greedy: boolean;
  /** Written `optional: true`, or `times` from 0. */
  readonly optional: boolean;
  /** An event that fulfils it ends the loop. Only without upper bound. */
  readonly until?: Condition;
  /** Without effect on a step with times, as in Flink. */
  readonly within?: number;
}
