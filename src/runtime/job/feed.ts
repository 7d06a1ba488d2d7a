import { setTimeout as delay } from 'node:timers/promises';
import type { SourceBatch, SourceReader } from '../ports/stores.js';

/** Bytes of one partition on their way to the engine: enough to keep it busy, little to lose. */
const IN_FLIGHT_BYTES = 4 * 1024 * 1024;
const RETRY_MS = 500;

/** Feeds one partition of a source to the engine, no faster than it works. */
export class PartitionFeed {
  /** Next offset to read. */
  position: number;
  /** Next offset the engine has not worked off. */
  workedOff: number;
  #inFlight = 0;
  #stopped = false;
  #wake: () => void = () => {};

  constructor(
    readonly reader: SourceReader,
    readonly partition: number,
    start: number,
    readonly send: (batch: SourceBatch) => void,
    /** While true nothing is read: too far ahead of others, or the database is away. */
    readonly held: () => boolean,
    readonly onReadError: (error: Error | undefined) => void,
  ) {
    this.position = start;
    this.workedOff = start;
  }

  get caughtUp(): boolean {
    const end = this.reader.endOffset(this.partition);
    return end !== undefined && this.workedOff >= end;
  }

  /** There is more, or nobody knows, and the source does not give it. */
  get starved(): boolean {
    return !this.caughtUp && this.position === this.workedOff && !this.held();
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.wake();
  }

  /** Something changed: new events, room, or no longer held. */
  wake(): void {
    this.#wake();
  }

  worked(through: number, bytes: number): void {
    this.workedOff = Math.max(this.workedOff, through);
    this.#inFlight -= bytes;
    this.wake();
  }

  async #run(): Promise<void> {
    let failing = false;
    while (!this.#stopped) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      if (this.#inFlight >= IN_FLIGHT_BYTES || this.held()) {
        await woken;
        continue;
      }
      try {
        const batch = await this.reader.read(this.partition, this.position);
        if (failing) this.onReadError(undefined);
        failing = false;
        if (this.#stopped) return;
        if (batch === undefined) await woken;
        else this.#take(batch);
      } catch (error) {
        failing = true;
        this.onReadError(error as Error);
        await delay(RETRY_MS);
      }
    }
  }

  #take(batch: SourceBatch): void {
    this.position = batch.firstOffset + batch.count;
    this.#inFlight += batch.data.length;
    this.send(batch);
  }
}
