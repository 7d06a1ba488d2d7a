import type { Event } from '../event/event.js';
import type { BinaryReader, BinaryWriter } from '../state/binary.js';

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
  /** Keys changed or forgotten since `clearChanges`. */
  changedKeys(): Iterable<string>;
  clearChanges(): void;
  keysOfGroup(group: number): Iterable<string>;
  /** Writes the key's state; false when the key has none (it was forgotten). */
  writeKey(key: string, out: BinaryWriter): boolean;
  /** Takes a key's state from a snapshot; nothing is decoded before the key is needed. */
  restoreKey(key: string, state: BinaryReader): void;
  forgetKey(key: string): void;
}
