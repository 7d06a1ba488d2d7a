import type { Committer, Sink, SinkWriter } from '../functions/sink.js';

/** Gathers elements in memory; what a failure takes back is not among them. Committables name what this process has prepared. */
export class CollectSink<T> implements Sink<T, number> {
  readonly values: T[] = [];
  readonly #prepared = new Map<number, readonly T[]>();
  #next = 0;

  createWriter(): SinkWriter<T, number> {
    let written: T[] = [];
    return {
      write: (value) => void written.push(value),
      prepareCommit: async () => {
        if (written.length === 0) return [];
        this.#prepared.set(this.#next, written);
        written = [];
        return [this.#next++];
      },
    };
  }

  createCommitter(): Committer<number> {
    return {
      commit: async (committables) => {
        for (const committable of committables) {
          this.values.push(...(this.#prepared.get(committable) ?? []));
          this.#prepared.delete(committable);
        }
      },
    };
  }
}
