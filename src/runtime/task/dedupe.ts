import type { Operator } from '../../engine/operator/operator.js';
import { KeyEntry, KeyedState } from '../../engine/state/keyed-state.js';

/**
 * Remembers the ids of one partition's events for a stream's `dedupe.for` of event time; the first wins.
 * Keyed state like any other, so that it is checkpointed by changes. Until when is all that an entry holds.
 */
export class Dedupe implements Operator {
  readonly state = new KeyedState<SeenId>({
    write: ({ until }, out) => out.double(until),
    read: (id, from) => new SeenId(id, from.double()),
    deadlineOf: ({ until }) => until,
  });

  constructor(
    readonly id: string,
    /** ms of event time. */
    readonly keepFor: number,
  ) {}

  /** Whether the id is new; it is remembered then. */
  isFirst(eventId: string, time: number): boolean {
    if (this.state.get(eventId) !== undefined) return false;
    const entry = new SeenId(eventId, time + this.keepFor);
    this.state.add(entry);
    this.state.schedule(entry, entry.until);
    return true;
  }

  processElement(): void {}

  advanceTime(time: number): void {
    while (this.state.earliest <= time) this.state.forget(this.state.takeEarliest());
  }

  nextDeadline(): number {
    // Forgetting is nothing that anybody waits for.
    return Infinity;
  }
}

class SeenId extends KeyEntry {
  constructor(
    id: string,
    /** Until when it is remembered, epoch ms of event time. */
    readonly until: number,
  ) {
    super(id);
  }
}
