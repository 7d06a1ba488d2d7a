import type { Condition } from './condition.js';

/** Which events a step takes. Both absent: all. */
export interface EventCondition {
  readonly where?: Condition;
  /** Only events of this stream. */
  readonly from?: string;
}
