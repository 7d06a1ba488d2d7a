import type { Event } from '../event/event.js';
import type { Snapshotable } from '../state/keyed-state.js';

/**
 * What every operator keeps (Flink's AbstractStreamOperator): events and time come in order, state is
 * addressed by key group and key, and only what changed since the last snapshot is written.
 */
export interface Operator {
  /** Unique in the job; addresses the operator's state in snapshots. */
  readonly id: string;
  /** Events come in release order; deadlines at or before the event's time fire first. */
  processElement(event: Event): void;
  /** Fires every deadline at or before `time` (epoch ms), each at its own time. */
  advanceTime(time: number): void;
  /** Epoch ms of the earliest deadline of any key, Infinity without one. */
  nextDeadline(): number;
  /** All that changes, by key. */
  readonly state: Snapshotable;
}
