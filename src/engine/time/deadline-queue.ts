/** What stands in a queue of deadlines; both fields belong to the queue. */
export interface Scheduled {
  /** Breaks ties. */
  readonly id: string;
  /** Epoch ms; Infinity without a deadline. */
  deadline: number;
  /** Where it stands in the heap; NOT_QUEUED when it does not. */
  queuePosition: number;
}

export const NOT_QUEUED = -1;

/**
 * Items in order of their deadlines, equal ones in order of their ids, so that the order outlives a restart: a
 * binary heap that knows where each item stands. An item is in it once at most and goes without a trace;
 * entries left behind until their time came would pile up wherever `within` is long and matches are quick.
 */
export class DeadlineQueue<T extends Scheduled> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** Epoch ms of the earliest deadline, Infinity when there is none. */
  get earliest(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0].deadline;
  }

  /** Puts an item in, or moves it; Infinity takes it out. */
  schedule(item: T, deadline: number): void {
    if (deadline === Infinity) this.remove(item);
    item.deadline = deadline;
    if (deadline === Infinity) return;
    if (item.queuePosition === NOT_QUEUED) {
      item.queuePosition = this.#heap.length;
      this.#heap.push(item);
    }
    this.#settle(item);
  }

  /** Takes the earliest item out; the queue must not be empty. Its `deadline` stays as it was. */
  take(): T {
    const [first] = this.#heap;
    this.remove(first);
    return first;
  }

  remove(item: T): void {
    const at = item.queuePosition;
    if (at === NOT_QUEUED) return;
    item.queuePosition = NOT_QUEUED;
    const last = this.#heap.pop() as T;
    if (last === item) return;
    last.queuePosition = at;
    this.#heap[at] = last;
    this.#settle(last);
  }

  /** Moves an item whose neighbours are in order to its place. */
  #settle(item: T): void {
    const heap = this.#heap;
    let at = item.queuePosition;
    for (let parent = (at - 1) >> 1; at > 0 && before(item, heap[parent]); parent = (at - 1) >> 1) {
      this.#place(heap[parent], at);
      at = parent;
    }
    for (let child = this.#lesserChild(at); child < heap.length && before(heap[child], item); child = this.#lesserChild(at)) {
      this.#place(heap[child], at);
      at = child;
    }
    this.#place(item, at);
  }

  #place(item: T, at: number): void {
    this.#heap[at] = item;
    item.queuePosition = at;
  }

  #lesserChild(at: number): number {
    const heap = this.#heap;
    const left = 2 * at + 1;
    return left + 1 < heap.length && before(heap[left + 1], heap[left]) ? left + 1 : left;
  }
}

function before(a: Scheduled, b: Scheduled): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.id < b.id);
}
