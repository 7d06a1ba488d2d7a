import type { SourceReader, SourceRecord } from '../../engine/stream/functions/source.js';

const BATCH = 1_000;

/** Reads values that are there already, or come from an iterable. The subtasks share them out. */
export class CollectionSource<T> implements SourceReader<T> {
  #values: Iterator<T> | undefined;
  #subtask = 0;
  #parallelism = 1;
  #index = 0;

  constructor(private readonly values: Iterable<T>) {}

  async open(subtask: number, parallelism: number): Promise<void> {
    this.#values = this.values[Symbol.iterator]();
    this.#subtask = subtask;
    this.#parallelism = parallelism;
  }

  async poll(): Promise<readonly SourceRecord<T>[] | undefined> {
    const batch: SourceRecord<T>[] = [];
    while (batch.length < BATCH) {
      const next = this.#values?.next();
      if (next === undefined || next.done === true) return batch.length > 0 ? batch : undefined;
      if (this.#index++ % this.#parallelism === this.#subtask) batch.push({ value: next.value });
    }
    return batch;
  }
}
