import { setTimeout as delay } from 'node:timers/promises';
import type { CheckpointOutput, Output } from '../ports/outputs.js';
import { EpochLostError, type OutboxRow, type OutputStore } from '../ports/stores.js';
import { failpoint } from '../failpoint.js';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

export interface CommitterEvents {
  committed(rows: readonly OutboxRow[], outputs: readonly Output[]): void;
  checkpointed(checkpoint: CheckpointOutput, bytes: number, durationMs: number): void;
  /** The database does not take our writes; undefined when it does again. */
  stalled(error: Error | undefined): void;
  epochLost(error: EpochLostError): void;
}

/**
 * Writes what the engine says in the order it was said, one transaction at a time. While the database is
 * away it tries again for ever: nothing is given up, and feeding stops because nothing is committed.
 */
export class Committer {
  #queue: Output[] = [];
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(
    readonly store: OutputStore,
    readonly events: CommitterEvents,
  ) {}

  /** Outputs waiting or being written. */
  get pending(): number {
    return this.#queue.length + (this.#working === undefined ? 0 : 1);
  }

  add(outputs: readonly Output[]): void {
    for (const output of outputs) this.#queue.push(output);
    this.#working ??= this.#work();
  }

  /** Resolves when all that was added has been committed. */
  async flushed(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /** Gives up waiting for the database; what is not committed will be produced again after the next start. */
  close(): void {
    this.#closed = true;
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0 && !this.#closed) {
      const outputs = this.#queue;
      this.#queue = [];
      await this.#persist(() => this.#write(outputs));
    }
    this.#working = undefined;
  }

  async #write(outputs: Output[]): Promise<void> {
    const started = performance.now();
    const sizes = new Map<CheckpointOutput, number>();
    for (const output of outputs) {
      if (output.type !== 'checkpoint') continue;
      sizes.set(output.checkpoint, await this.store.writeSegments(output.checkpoint.id, output.checkpoint.segments));
    }
    if (outputs.some((output) => output.type === 'journal' && output.entry.payload.kind === 'time-advanced')) failpoint('time-advanced');
    const rows = await this.store.commit(outputs);
    failpoint('outbox-committed-before-publish');
    this.events.committed(rows, outputs);
    for (const [checkpoint, bytes] of sizes) this.events.checkpointed(checkpoint, bytes, performance.now() - started);
  }

  async #persist(write: () => Promise<void>): Promise<void> {
    let stalled = false;
    for (let wait = FIRST_RETRY_MS; !this.#closed; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
      try {
        await write();
        if (stalled) this.events.stalled(undefined);
        return;
      } catch (error) {
        if (error instanceof EpochLostError) {
          this.#closed = true;
          return this.events.epochLost(error);
        }
        stalled = true;
        this.events.stalled(error as Error);
        await delay(wait);
      }
    }
  }
}
