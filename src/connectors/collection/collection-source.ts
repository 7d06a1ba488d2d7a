import type { SourceReader, SourceRecord, SourceSplit } from '../../engine/stream/functions/source.js';

const BATCH = 1_000;

/** Reads values that are there already, or come from an iterable. The subtasks share them out. */
export class CollectionSource<T> implements SourceReader<T> {
  #values: Iterator<T> | undefined;
  #subtask = 0;
  #parallelism = 1;
  #index = 0;

  constructor(private readonly values: Iterable<T>) {}

  /** @throws RangeError when the values cannot be had again, or were shared out by other subtasks */
  async open(subtask: number, parallelism: number, splits?: readonly SourceSplit[]): Promise<void> {
    const values = this.values[Symbol.iterator]();
    if (this.#values === values) throw new RangeError('a collection that can be gone through only once cannot be read again');
    this.#values = values;
    this.#subtask = subtask;
    this.#parallelism = parallelism;
    if (splits !== undefined) this.#goOn(splits);
  }

  snapshotState(): readonly SourceSplit[] {
    return [{ splitId: this.#splitId, position: this.#index }];
  }

  get #splitId(): string {
    return `${this.#subtask} of ${this.#parallelism}`;
  }

  #goOn(splits: readonly SourceSplit[]): void {
    const own = splits.find(({ splitId }) => splitId === this.#splitId);
    if (own === undefined) throw new RangeError('a collection cannot be read on with another parallelism');
    for (this.#index = 0; this.#index < (own.position as number); this.#index++) this.#values?.next();
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
