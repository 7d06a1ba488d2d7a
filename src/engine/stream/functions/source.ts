/** One record of a source; `timestamp` (epoch ms) is what the source knows of its time, `split` the partition it came from. */
export interface SourceRecord<T> {
  readonly value: T;
  readonly timestamp?: number;
  readonly split?: string;
}

/** Reads a source, one batch after the other. */
export interface SourceReader<T> {
  open?(subtask: number, parallelism: number): Promise<void>;
  /** The next records, waiting for some; undefined at the end of a bounded source. */
  poll(): Promise<readonly SourceRecord<T>[] | undefined>;
  close?(): Promise<void>;
}

/** Takes a stream's elements out of the program. */
export interface SinkWriter<T> {
  open?(subtask: number): Promise<void>;
  /** Must not wait: what is slow is done in `flush`. */
  write(value: T, timestamp: number | undefined): void;
  /** Awaited after each batch of a source, before the next is read. */
  flush?(): Promise<void>;
  /** All elements have been written; not called when the program failed or was cancelled. */
  finish?(): Promise<void>;
  close?(): Promise<void>;
}
