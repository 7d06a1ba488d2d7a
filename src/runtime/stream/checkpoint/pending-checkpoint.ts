import type { CheckpointBarrier } from '../barrier-aligner.js';
import type { PreparedWrite } from '../sink-task.js';
import type { SubtaskMetadata } from './metadata.js';
import type { SubtaskSnapshot } from './subtask-snapshots.js';

/** One subtask's part: its state, and of a sink what its writer has prepared. */
export interface Acknowledgement extends SubtaskSnapshot {
  readonly committables: readonly unknown[];
}

/** A checkpoint whose barrier is on its way (Flink's class of this name): complete when every subtask has given its part. */
export class PendingCheckpoint<K> {
  readonly acknowledged: Promise<ReadonlyMap<K, Acknowledgement>>;
  readonly #parts = new Map<K, Acknowledgement>();
  #missing: number;
  #resolve!: (parts: ReadonlyMap<K, Acknowledgement>) => void;
  #reject!: (error: unknown) => void;

  constructor(
    readonly barrier: CheckpointBarrier,
    subtasks: number,
    /** The last: no input follows. */
    readonly endOfInput: boolean,
  ) {
    this.#missing = subtasks;
    this.acknowledged = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.acknowledged.catch(() => {});
  }

  /** The subtask has seen the barrier; its part follows. */
  acknowledge(subtask: K, snapshot: Promise<SubtaskSnapshot>, prepared?: Promise<PreparedWrite>): void {
    Promise.all([snapshot, prepared]).then(([part, write]) => this.#add(subtask, withWrite(part, write)), this.#reject);
  }

  #add(subtask: K, part: Acknowledgement): void {
    this.#parts.set(subtask, part);
    if (--this.#missing === 0) this.#resolve(this.#parts);
  }
}

function withWrite(part: SubtaskSnapshot, write: PreparedWrite | undefined): Acknowledgement {
  if (write === undefined) return { ...part, committables: [] };
  const metadata: SubtaskMetadata = { ...part.metadata, writerState: write.state };
  return { ...part, metadata, committables: write.committables };
}
