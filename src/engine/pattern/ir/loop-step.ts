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
  /** CEL; an event that fulfils it ends the loop. Only without upper bound. */
  readonly until?: string;
  /** Without effect on a step with times, as in Flink. */
  readonly within?: number;
}
