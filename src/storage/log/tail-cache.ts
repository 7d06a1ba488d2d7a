import type { SourceBatch } from '../../runtime/ports/stores.js';

/** What a batch weighs beside its data: objects and slots. */
const OVERHEAD = 256;

/**
 * The newest batches of all partitions, so that a reader that keeps up never asks the database.
 * Bounded in bytes; the oldest batch of the whole cache goes first.
 */
export class TailCache {
  readonly #tails = new Map<string, Tail<SourceBatch>>();
  /** Partition names in order of their batches, oldest first. */
  readonly #order = new Tail<string>();
  readonly #limit: number;
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Batches of a partition come in the order of their offsets. */
  add(partition: string, batch: SourceBatch): void {
    let tail = this.#tails.get(partition);
    if (tail === undefined) this.#tails.set(partition, (tail = new Tail()));
    tail.push(batch);
    this.#order.push(partition);
    this.#bytes += batch.data.length + OVERHEAD;
    while (this.#bytes > this.#limit) this.#evict();
  }

  /** The batch that holds `offset`. */
  find(partition: string, offset: number): SourceBatch | undefined {
    return this.#tails
      .get(partition)
      ?.search((batch) => (offset < batch.firstOffset ? -1 : offset >= batch.firstOffset + batch.count ? 1 : 0));
  }

  #evict(): void {
    const partition = this.#order.shift()!;
    const batch = this.#tails.get(partition)!.shift()!;
    this.#bytes -= batch.data.length + OVERHEAD;
  }
}

/** A queue with binary search; `shift` costs constant time, unlike an array's. */
class Tail<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** `side` says where the wanted item lies: below 0 before the given one, above 0 after it. */
  search(side: (item: T) => number): T | undefined {
    let low = this.#head;
    let high = this.#items.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const where = side(this.#items[middle]!);
      if (where === 0) return this.#items[middle];
      if (where < 0) high = middle - 1;
      else low = middle + 1;
    }
    return undefined;
  }
}
