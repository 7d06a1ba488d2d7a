import type { BinaryReader, BinaryWriter } from '../../engine/state/binary.js';
import { KEY_GROUPS, keyGroupOf } from '../../engine/state/key-group.js';
import type { Operator } from '../../engine/operator/operator.js';
import { DeadlineQueue } from '../../engine/time/deadline-queue.js';

/**
 * Remembers the ids of one partition's events for a stream's `dedupe.for` of event time; the first wins.
 * Keyed state like any other, so that it is checkpointed by changes.
 */
export class Dedupe implements Operator {
  readonly #groups: Map<string, number>[] = Array.from({ length: KEY_GROUPS }, () => new Map());
  readonly #expiry = new DeadlineQueue<string>();
  readonly #changed = new Set<string>();

  constructor(
    readonly id: string,
    /** ms of event time. */
    readonly keepFor: number,
  ) {}

  /** Whether the id is new; it is remembered then. */
  isFirst(eventId: string, time: number): boolean {
    const seen = this.#groups[keyGroupOf(eventId)];
    if (seen.has(eventId)) return false;
    this.#remember(eventId, time + this.keepFor);
    this.#changed.add(eventId);
    return true;
  }

  #remember(eventId: string, expires: number): void {
    this.#groups[keyGroupOf(eventId)].set(eventId, expires);
    this.#expiry.add(expires, eventId);
  }

  processElement(): void {}

  advanceTime(time: number): void {
    while (this.#expiry.earliest <= time) this.forgetKey(this.#expiry.take());
  }

  nextDeadline(): number {
    // Forgetting is nothing that anybody waits for.
    return Infinity;
  }

  changedKeys(): Iterable<string> {
    return this.#changed;
  }

  clearChanges(): void {
    this.#changed.clear();
  }

  keysOfGroup(group: number): Iterable<string> {
    return this.#groups[group].keys();
  }

  writeKey(key: string, out: BinaryWriter): boolean {
    const expires = this.#groups[keyGroupOf(key)].get(key);
    if (expires === undefined) return false;
    out.double(expires);
    return true;
  }

  restoreKey(key: string, state: BinaryReader): void {
    this.#remember(key, state.double());
  }

  forgetKey(key: string): void {
    if (this.#groups[keyGroupOf(key)].delete(key)) this.#changed.add(key);
  }
}
