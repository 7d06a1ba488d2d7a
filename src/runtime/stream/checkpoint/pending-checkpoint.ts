import type { CheckpointBarrier } from '../barrier-aligner.js';
import type { SubtaskSnapshot, WriteSegment } from './subtask-snapshots.js';

/** A checkpoint whose barrier is on its way (Flink's class of this name): complete when every subtask has given its part. */
export class PendingCheckpoint<K> {
  readonly acknowledged: Promise<ReadonlyMap<K, SubtaskSnapshot>>;
  readonly #parts = new Map<K, SubtaskSnapshot>();
  #missing: number;
  #failure: { readonly error: unknown } | undefined;
  #resolve!: (parts: ReadonlyMap<K, SubtaskSnapshot>) => void;
  #reject!: (error: unknown) => void;

  constructor(
    readonly barrier: CheckpointBarrier,
    subtasks: number,
    /** The last: no input follows. */
    readonly endOfInput: boolean,
    readonly write: WriteSegment,
  ) {
    this.#missing = subtasks;
    this.acknowledged = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.acknowledged.catch(() => {});
  }

  /** The subtask has seen the barrier; its part follows, and of a sink its writer's state. */
  acknowledge(subtask: K, snapshot: Promise<SubtaskSnapshot>, writer?: Promise<readonly unknown[] | undefined>): void {
    Promise.all([snapshot, writer])
      .then(([part, writerState]) => void this.#parts.set(subtask, { ...part, metadata: { ...part.metadata, writerState } }))
      .catch((error: unknown) => (this.#failure ??= { error }))
      .finally(() => this.#settled());
  }

  /** Also a checkpoint that has failed is done with only when all have: another may then begin. */
  #settled(): void {
    if (--this.#missing > 0) return;
    if (this.#failure === undefined) this.#resolve(this.#parts);
    else this.#reject(this.#failure.error);
  }
}
