/** What one event has filled is kept for the next up to this many. */
const KEPT = 64;

/**
 * A list that is filled and emptied for every run of every event. Setting an array's `length` to 0 gives
 * its memory back, and the next `push` asks for it again: half of the matcher's time when it did so.
 */
export class ReusedList<T> {
  readonly #items: T[] = [];
  size = 0;

  at(index: number): T {
    return this.#items[index];
  }

  push(item: T): void {
    this.#items[this.size++] = item;
  }

  clear(): void {
    if (this.#items.length > KEPT) this.#items.length = 0;
    this.size = 0;
  }
}
