import type { CheckpointOutput, SegmentsPart } from '../ports/outputs.js';
import type { OutputStore } from '../ports/stores.js';
import type { Persistence } from './persistence.js';

/** A checkpoint between the engine's barrier and its completion. */
interface Writing {
  readonly barrier: Promise<void>;
  readonly barrierCommitted: () => void;
}

/**
 * Writes checkpoints beside the outputs, segments while the engine makes the next. They are invisible until the
 * completing transaction, so only that one has an order to keep: it comes after all outputs before the barrier,
 * and at any time after it.
 */
export class CheckpointWriter {
  readonly #writing = new Map<CheckpointOutput, Writing>();
  readonly #completing = new Set<Promise<void>>();
  /** Parts are stored one after the other. */
  #parts: Promise<void> = Promise.resolve();

  constructor(
    readonly store: OutputStore,
    readonly persistence: Persistence,
    readonly completed: (checkpoint: CheckpointOutput, bytes: number, durationMs: number) => void,
    /** So many segments of a checkpoint that is being made are in the database. */
    readonly stored: (checkpoint: number, segments: number) => void,
  ) {}

  /** Stores segments of a checkpoint that is being made. */
  add(part: SegmentsPart): void {
    this.#parts = this.#parts.then(() => this.#store(part));
  }

  /** Begins with the last segments. */
  begin(checkpoint: CheckpointOutput): void {
    let barrierCommitted = (): void => {};
    const barrier = new Promise<void>((resolve) => (barrierCommitted = resolve));
    this.#writing.set(checkpoint, { barrier, barrierCommitted });
    const completing = this.#write(checkpoint, barrier).finally(() => {
      this.#writing.delete(checkpoint);
      this.#completing.delete(completing);
    });
    this.#completing.add(completing);
  }

  /** All outputs before the checkpoint are in the database. */
  barrierCommitted(checkpoint: CheckpointOutput): void {
    this.#writing.get(checkpoint)?.barrierCommitted();
  }

  /** Resolves when none is under way; the outputs before each must have been committed, or given up. */
  async settled(): Promise<void> {
    if (this.persistence.closed) for (const { barrierCommitted } of this.#writing.values()) barrierCommitted();
    await this.#parts;
    await Promise.all(this.#completing);
  }

  async #store({ checkpoint, firstSegment, segments }: SegmentsPart): Promise<void> {
    await this.persistence.run(async () => {
      await this.store.writeSegments(checkpoint, segments, firstSegment);
      this.stored(checkpoint, firstSegment + segments.length);
    });
  }

  async #write(checkpoint: CheckpointOutput, barrier: Promise<void>): Promise<void> {
    const started = performance.now();
    let bytes = 0;
    await this.#parts;
    await this.persistence.run(async () => {
      bytes = await this.store.writeSegments(checkpoint.id, checkpoint.segments, checkpoint.firstSegment);
    });
    await barrier;
    await this.persistence.run(async () => {
      await this.store.completeCheckpoint(checkpoint);
      this.completed(checkpoint, bytes, performance.now() - started);
    });
  }
}
