import { FrameCursor } from '../log/frame.js';
import type { Positions } from '../ports/outputs.js';
import type { SourceBatch } from '../ports/stores.js';
import { partitionName } from '../release/partition-clock.js';
import type { Partition, StreamSet } from './stream-set.js';

/** Recovery applies it when every partition stands exactly at its positions. */
interface Barrier {
  readonly positions: Positions;
  apply(): void;
}

/** What becomes of the events that are read. */
export interface Reader {
  /** The partition's next event, and when it arrived, epoch ms. */
  read(partition: Partition, offset: number, cursor: FrameCursor, arrivalTime: number): void;
  /** One from before the checkpoint. */
  readAgain(partition: Partition, offset: number, cursor: FrameCursor): void;
  /** Events that the source no longer holds. */
  lost(partition: Partition, offset: number, count: number): void;
  /** A partition has been read as far as it goes, in live work. */
  caughtUp(partition: Partition): void;
  /** All partitions stand at the barrier, which is applied after this. */
  barrierReached(): void;
  /** A batch has been worked off and is held no longer. */
  consumed(batch: SourceBatch): void;
}

/** Reads batches in the order of offsets, and no partition beyond the next barrier. */
export class PartitionReading {
  readonly #held = new Map<string, SourceBatch[]>();
  readonly #barriers: Barrier[] = [];
  /** While a partition is read again: the next offset to come. */
  readonly #rereading = new Map<string, number>();

  constructor(
    readonly streams: StreamSet,
    readonly reader: Reader,
  ) {}

  get recovering(): boolean {
    return this.#barriers.length > 0;
  }

  addBarrier(positions: Positions, apply: () => void): void {
    this.#barriers.push({ positions, apply });
  }

  /** Reading begins below the partition's next offset, with events from before the checkpoint. */
  startAgain(name: string, offset: number): void {
    this.#rereading.set(name, offset);
  }

  /** Where reading goes on, per partition. */
  readFrom(): Record<string, number> {
    const next = [...this.streams.partitions].map(([name, { clock }]) => [name, clock.nextOffset]);
    return { ...Object.fromEntries(next), ...Object.fromEntries(this.#rereading) };
  }

  /** Takes a batch; what lies beyond the next barrier is held until that is reached. */
  take(batch: SourceBatch): void {
    const name = partitionName(batch.stream, batch.partition);
    if (!this.streams.partitions.has(name)) return;
    const held = this.#held.get(name);
    if (held === undefined) this.#held.set(name, [batch]);
    else held.push(batch);
    this.proceed();
  }

  /** Works off held batches and barriers as far as they go. */
  proceed(): void {
    for (;;) {
      const barrier = this.#barriers.at(0);
      for (const [name, partition] of this.streams.partitions) this.#drain(name, partition, limitOf(barrier, name));
      if (barrier === undefined || !this.#reached(barrier)) return;
      this.#barriers.shift();
      this.reader.barrierReached();
      barrier.apply();
    }
  }

  #reached(barrier: Barrier): boolean {
    for (const [name, { clock }] of this.streams.partitions) if (clock.nextOffset < limitOf(barrier, name)) return false;
    return [...this.streams.partitions.keys()].every((name) => (this.#rereading.get(name) ?? Infinity) >= limitOf(barrier, name));
  }

  #drain(name: string, partition: Partition, limit: number): void {
    const held = this.#held.get(name);
    while (held !== undefined && held.length > 0) {
      const batch = held[0];
      this.#read(name, partition, batch, limit);
      if ((this.#rereading.get(name) ?? partition.clock.nextOffset) < batch.firstOffset + batch.count) return;
      held.shift();
      this.reader.consumed(batch);
    }
    if (!this.recovering) this.reader.caughtUp(partition);
  }

  /** Reads the batch's events below `limit`. */
  #read(name: string, partition: Partition, batch: SourceBatch, limit: number): void {
    const { clock } = partition;
    const cursor = new FrameCursor(batch.data, batch.firstOffset);
    while (cursor.nextOffset < limit && cursor.next()) {
      const { offset } = cursor;
      const rereading = this.#rereading.get(name);
      if (cursor.gap) {
        this.#passGap(name, partition, cursor, limit);
        continue;
      }
      if (offset < (rereading ?? clock.nextOffset)) continue;
      if (rereading !== undefined) this.#rereading.set(name, offset + 1);
      if (offset >= clock.nextOffset) {
        this.#rereading.delete(name);
        this.reader.read(partition, offset, cursor, batch.arrivalTime);
      } else {
        this.reader.readAgain(partition, offset, cursor);
      }
    }
  }

  /** A gap may reach beyond a barrier, which stands where an earlier reading ended. */
  #passGap(name: string, partition: Partition, cursor: FrameCursor, limit: number): void {
    const { clock } = partition;
    const rereading = this.#rereading.get(name);
    const through = Math.min(cursor.nextOffset, limit);
    const position = rereading ?? clock.nextOffset;
    if (through <= position) return;
    if (cursor.lost) this.reader.lost(partition, Math.max(cursor.offset, position), cursor.nextOffset - Math.max(cursor.offset, position));
    if (rereading !== undefined && through <= clock.nextOffset) {
      this.#rereading.set(name, through);
    } else {
      this.#rereading.delete(name);
      clock.nextOffset = through;
    }
  }
}

function limitOf(barrier: Barrier | undefined, name: string): number {
  return barrier === undefined ? Infinity : (barrier.positions[name] ?? 0);
}
