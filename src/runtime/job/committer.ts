import type { CheckpointOutput, Output, SegmentsPart } from '../ports/outputs.js';
import type { OutboxRow, OutputStore } from '../ports/stores.js';
import { failpoint } from '../failpoint.js';
import { CheckpointWriter } from './checkpoint-writer.js';
import { Persistence, type PersistenceEvents } from './persistence.js';

export interface CommitterEvents extends PersistenceEvents {
  committed(rows: readonly OutboxRow[], outputs: readonly Output[]): void;
  checkpointed(checkpoint: CheckpointOutput, bytes: number, durationMs: number): void;
  /** So many segments of a checkpoint that is being made are in the database. */
  segmentsStored(checkpoint: number, segments: number): void;
}

/**
 * Writes what the engine says in the order it was said, one transaction at a time. A checkpoint stands in
 * that order only as a barrier: its segments are written beside, so that alerts behind it do not wait for them.
 */
export class Committer {
  readonly #persistence: Persistence;
  readonly #checkpoints: CheckpointWriter;
  #queue: Output[] = [];
  #working: Promise<void> | undefined;

  constructor(
    readonly store: OutputStore,
    readonly events: CommitterEvents,
  ) {
    this.#persistence = new Persistence(events);
    this.#checkpoints = new CheckpointWriter(
      store,
      this.#persistence,
      (checkpoint, bytes, durationMs) => events.checkpointed(checkpoint, bytes, durationMs),
      (checkpoint, segments) => events.segmentsStored(checkpoint, segments),
    );
  }

  /** Outputs waiting or being written. */
  get pending(): number {
    return this.#queue.length + (this.#working === undefined ? 0 : 1);
  }

  add(outputs: readonly Output[]): void {
    for (const output of outputs) {
      this.#queue.push(output);
      if (output.type === 'checkpoint') this.#checkpoints.begin(output.checkpoint);
    }
    this.#working ??= this.#work();
  }

  /** Segments of a checkpoint that is being made; they wait for nothing. */
  addSegments(part: SegmentsPart): void {
    this.#checkpoints.add(part);
  }

  /** Resolves when all outputs that were added have been committed; checkpoints may still be on their way. */
  async flushed(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /** Resolves when all outputs are committed and all checkpoints complete. */
  async settled(): Promise<void> {
    await this.flushed();
    await this.#checkpoints.settled();
  }

  /** Gives up waiting for the database; what is not committed will be produced again after the next start. */
  close(): void {
    this.#persistence.close();
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0 && !this.#persistence.closed) {
      const outputs = this.#queue;
      this.#queue = [];
      await this.#persistence.run(() => this.#write(outputs));
    }
    this.#working = undefined;
  }

  async #write(outputs: Output[]): Promise<void> {
    if (outputs.some((output) => output.type === 'journal' && output.entry.payload.kind === 'time-advanced')) failpoint('time-advanced');
    const rows = await this.store.commit(outputs);
    failpoint('outbox-committed-before-publish');
    this.events.committed(rows, outputs);
    for (const output of outputs) if (output.type === 'checkpoint') this.#checkpoints.barrierCommitted(output.checkpoint);
  }
}
