/**
 * Sinks, with what Flink's Sink V2 needs for results that come out exactly once: a writer prepares, at each
 * checkpoint, what is then committed once that checkpoint is complete (two-phase commit).
 */

/** What a writer is opened with. */
export interface WriterInitContext<S = unknown> {
  readonly subtask: number;
  readonly parallelism: number;
  /** The checkpoint that the program goes on from; absent at a fresh start. */
  readonly restoredCheckpointId?: number;
  /** What writers gave in `snapshotState` at that checkpoint, dealt out evenly when the parallelism has changed. */
  readonly restoredState: readonly S[];
}

/** Takes a stream's elements out of the program. `C` is a committable, `S` its state: plain values, kept in checkpoints. */
export interface SinkWriter<T, C = unknown, S = unknown> {
  /** What earlier checkpoints prepared has been committed by now. */
  open?(context: WriterInitContext<S>): Promise<void>;
  /** Must not wait: what is slow is done in `flush`. */
  write(value: T, timestamp: number | undefined): void;
  /** Writes what is held back. Awaited after each batch of a source and before `prepareCommit`; at the end with true. */
  flush?(endOfInput: boolean): Promise<void>;
  /**
   * At a checkpoint, and at the end: what has been written since the last call, ready to be committed whatever
   * happens to this process. Nothing is written meanwhile.
   */
  prepareCommit?(): Promise<readonly C[]>;
  /** Right after `prepareCommit`: what a writer needs to go on from this checkpoint. */
  snapshotState?(checkpointId: number): Promise<readonly S[]>;
  /** All elements have been written, and committed; not called when the program failed or was cancelled. */
  finish?(): Promise<void>;
  close?(): Promise<void>;
}

/** Whose committables are committed. */
export interface CommitContext {
  /** Rises from commit to commit, also over restarts; 1 for the only commit of a program without checkpoints. */
  readonly checkpointId: number;
  /** The program has just been restored: they may have been committed already. */
  readonly restored: boolean;
}

/** Makes visible what writers have prepared (Flink's Committer); one for all subtasks of a sink. */
export interface Committer<C> {
  /**
   * Called once a checkpoint is complete, with what all writers prepared for it; checkpoints come in order. After
   * a failure it is called again with what may have been committed already, which must then have no effect.
   * A rejection fails the program.
   */
  commit(committables: readonly C[], context: CommitContext): Promise<void>;
  close?(): Promise<void>;
}

/** A sink whose writers prepare and whose committer commits. */
export interface Sink<T, C = unknown, S = unknown> {
  /** One for each subtask. */
  createWriter(): SinkWriter<T, C, S>;
  createCommitter?(): Committer<C>;
}
