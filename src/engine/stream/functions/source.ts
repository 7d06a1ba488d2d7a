/** One record of a source; `timestamp` (epoch ms) is what the source knows of its time, `split` the partition it came from. */
export interface SourceRecord<T> {
  readonly value: T;
  readonly timestamp?: number;
  readonly split?: string;
}

/** A part of a source that is read by itself, and how far it has been read (Flink's SourceSplit). */
export interface SourceSplit<P = unknown> {
  readonly splitId: string;
  /** A plain value, kept in checkpoints: where the next record stands. */
  readonly position: P;
}

/** Reads a source, one batch after the other. */
export interface SourceReader<T> {
  /**
   * @param splits of a program that goes on from a checkpoint: those that all readers of the source had there.
   *   Each takes its own, whatever the parallelism was; one that none had is new. Absent at a fresh start.
   */
  open?(subtask: number, parallelism: number, splits?: readonly SourceSplit[]): Promise<void>;
  /** The next records, waiting for some; undefined at the end of a bounded source. */
  poll(): Promise<readonly SourceRecord<T>[] | undefined>;
  /**
   * The reader's splits, each with the position behind what `poll` has given of it. Called after `open` and after
   * each batch, never while `poll` waits, so it must be cheap. A source without it starts over after a failure.
   */
  snapshotState?(): readonly SourceSplit[];
  /**
   * The splits that may still give records, by the names that records give them: from now on each holds the source's
   * watermark back, and when there are none the source is idle. Called with `snapshotState`. Without it a split is
   * known from its first record on.
   */
  activeSplits?(): readonly string[];
  /** A checkpoint is complete: nothing before its positions will be read again. */
  notifyCheckpointComplete?(checkpointId: number): Promise<void>;
  close?(): Promise<void>;
}

/** What makes readers, one for each subtask (Flink's Source). */
export interface Source<T> {
  createReader(): SourceReader<T>;
}
