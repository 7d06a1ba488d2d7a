import type { Operator } from '../../engine/operator/operator.js';
import type { OnStall } from '../../engine/rule/definition.js';
import type { PartitionClock } from '../release/partition-clock.js';
import { ReleaseBuffer } from '../release/release-buffer.js';
import type { StreamSet } from './stream-set.js';

/** What rules of one buffer have in common. */
export interface BufferKey {
  readonly from: readonly string[];
  readonly onStall: OnStall;
}

/** The release buffers of a task: one per distinct `from` and `onStall`, joined to the clocks of its streams' partitions. */
export class BufferSet {
  readonly #buffers = new Map<string, ReleaseBuffer>();

  constructor(readonly streams: StreamSet) {}

  [Symbol.iterator](): IterableIterator<ReleaseBuffer> {
    return this.#buffers.values();
  }

  get({ from, onStall }: BufferKey): ReleaseBuffer | undefined {
    return this.#buffers.get(nameOf(from, onStall));
  }

  /** The buffer of a rule; one that is made now takes events from `positions` on. */
  ensure(key: BufferKey, positions: Readonly<Record<string, number>>): ReleaseBuffer {
    const known = this.get(key);
    if (known !== undefined) return known;
    const { from, onStall } = key;
    const starts = Object.entries(positions).filter(([name]) => from.includes(name.slice(0, name.lastIndexOf('/'))));
    return this.add(new ReleaseBuffer(from, Object.fromEntries(starts), onStall));
  }

  add(buffer: ReleaseBuffer): ReleaseBuffer {
    this.#buffers.set(nameOf(buffer.streams, buffer.onStall), buffer);
    this.#connect(buffer);
    return buffer;
  }

  /** Joins the buffers to partitions that are new. */
  connect(): void {
    for (const buffer of this.#buffers.values()) this.#connect(buffer);
  }

  /** Lets an operator see what comes from `positions` on; one that is there already stays. */
  join(operator: Operator, key: BufferKey, positions: Readonly<Record<string, number>>): void {
    const { operators } = this.ensure(key, positions);
    if (!operators.includes(operator)) operators.push(operator);
  }

  /** Takes an operator out. Without operators a buffer would only hold events: it goes, and a later one starts with later events. */
  disconnect(operator: Operator): void {
    for (const [id, buffer] of this.#buffers) {
      const at = buffer.operators.indexOf(operator);
      if (at >= 0) buffer.operators.splice(at, 1);
      if (buffer.operators.length === 0) this.#buffers.delete(id);
    }
  }

  /** Releases what `clock` holds, or all that can be released. */
  release(clock?: PartitionClock): void {
    for (const buffer of this.#buffers.values()) if (clock === undefined || buffer.hasClock(clock)) buffer.release();
  }

  /** At or below this time an event of the waking partition would come after its place in the order. */
  floorFor(clock: PartitionClock): number {
    return this.#floorFor(clock, clock.floor, (buffer) => !buffer.continues);
  }

  /** The same for the rules that go on without a stalled partition, and for these alone. */
  stallFloorFor(clock: PartitionClock): number {
    return this.#floorFor(clock, clock.stallFloor, (buffer) => buffer.continues);
  }

  #floorFor(clock: PartitionClock, least: number, counts: (buffer: ReleaseBuffer) => boolean): number {
    let floor = least;
    for (const buffer of this.#buffers.values())
      if (counts(buffer) && buffer.hasClock(clock)) floor = Math.max(floor, buffer.floorFor(clock));
    return floor;
  }

  /** Partitions more than `maxAhead` ms of event time ahead of others that hold them back. */
  ahead(maxAhead: number): string[] {
    const names: string[] = [];
    for (const [name, { clock }] of this.streams.partitions) if (this.#isAhead(clock, maxAhead)) names.push(name);
    return names;
  }

  #isAhead(clock: PartitionClock, maxAhead: number): boolean {
    for (const buffer of this.#buffers.values()) {
      if (!buffer.hasClock(clock) || buffer.size === 0) continue;
      if (clock.maxTime > buffer.mergedWatermark() + maxAhead + clock.outOfOrderness) return true;
    }
    return false;
  }

  #connect(buffer: ReleaseBuffer): void {
    for (const { clock } of this.streams.partitions.values()) {
      if (buffer.streams.includes(clock.stream) && !buffer.hasClock(clock)) buffer.addClock(clock);
    }
  }
}

function nameOf(from: readonly string[], onStall: OnStall): string {
  return JSON.stringify([onStall, ...from]);
}
