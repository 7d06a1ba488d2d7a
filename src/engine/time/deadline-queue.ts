interface Entry<T> {
  readonly time: number;
  readonly order: number;
  readonly item: T;
}

/**
 * Deadlines in order of time, equal times in order of insertion: a binary heap. An item may stand in it
 * more than once; whoever takes one out asks the item whether that deadline still holds (lazy removal).
 */
export class DeadlineQueue<T> {
  readonly #heap: Entry<T>[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** Epoch ms of the earliest deadline, Infinity when there is none. */
  get earliest(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0].time;
  }

  add(time: number, item: T): void {
    const heap = this.#heap;
    const entry = { time, order: this.#order++, item };
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  /** Takes the earliest item out; the queue must not be empty. */
  take(): T {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop() as Entry<T>;
    if (heap.length > 0) this.#sink(last);
    return first.item;
  }

  #sink(entry: Entry<T>): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], entry)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = entry;
  }
}

function before<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
