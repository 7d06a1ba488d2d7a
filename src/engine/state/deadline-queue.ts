import { grown } from './columns.js';

const NOT_QUEUED = -1;
/** Bits of a time in its low part, and the buckets for all bits of both parts, with the first. */
const LOW_BITS = 26;
const LOW = 2 ** LOW_BITS;
const BUCKETS = 1 + LOW_BITS + 31;
/** Makes all times positive. */
const ORIGIN = 2 ** 50;

/**
 * Numbers (slots of keys) in order of their deadlines, equal ones in no order: a radix heap (Ahuja, Mehlhorn, Orlin,
 * Tarjan, "Faster algorithms for the shortest path problem", 1990). What is due next stands in a binary heap; the rest
 * unsorted in a bucket for the highest bit by which it differs from that. So a deadline put off costs no sifting through
 * all others, however many windows end at the same moment. A number is in it once at most and goes without a trace;
 * entries left behind until their time came would pile up wherever `within` is long and matches are quick.
 */
export class DeadlineQueue {
  /** By number: the deadline, epoch ms, and where it stands in its bucket. */
  #deadlines = new Float64Array();
  #places = new Int32Array();
  /** The first is the heap, and not empty unless all are. */
  readonly #buckets: number[][] = Array.from({ length: BUCKETS }, () => []);
  /** All in the heap are at or before, the others later: the high and low bits of a time. */
  #high = 0;
  #low = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Epoch ms of the earliest deadline, Infinity when there is none. */
  get earliest(): number {
    return this.#size === 0 ? Infinity : this.#deadlines[this.#buckets[0][0]];
  }

  /** Epoch ms; Infinity when the number is not in the queue. */
  deadlineOf(number: number): number {
    return this.#isQueued(number) ? this.#deadlines[number] : Infinity;
  }

  /** Puts a number in, or moves it; Infinity takes it out. */
  schedule(number: number, deadline: number): void {
    if (this.#isQueued(number)) this.#takeOut(number);
    if (deadline !== Infinity) {
      if (number >= this.#places.length) {
        this.#places = grown(this.#places, number + 1, NOT_QUEUED);
        this.#deadlines = grown(this.#deadlines, this.#places.length);
      }
      this.#deadlines[number] = deadline;
      this.#put(number);
      this.#size++;
    }
    this.#refill();
  }

  /** Takes the earliest number out; the queue must not be empty. */
  take(): number {
    const number = this.#buckets[0][0];
    this.remove(number);
    return number;
  }

  remove(number: number): void {
    if (!this.#isQueued(number)) return;
    this.#takeOut(number);
    this.#refill();
  }

  #isQueued(number: number): boolean {
    return number < this.#places.length && this.#places[number] !== NOT_QUEUED;
  }

  /** 0 for the heap. Stays the same for what is in a bucket behind one that is emptied into those before. */
  #bucketOf(deadline: number): number {
    const time = Math.floor(deadline) + ORIGIN;
    const high = Math.floor(time / LOW);
    const low = time - high * LOW;
    if (high !== this.#high) return high < this.#high ? 0 : LOW_BITS + 32 - Math.clz32(high ^ this.#high);
    return low < this.#low ? 0 : 32 - Math.clz32(low ^ this.#low);
  }

  #put(number: number): void {
    const index = this.#bucketOf(this.#deadlines[number]);
    const bucket = this.#buckets[index];
    this.#places[number] = bucket.length;
    bucket.push(number);
    if (index === 0) this.#settle(bucket.length - 1);
  }

  #takeOut(number: number): void {
    const index = this.#bucketOf(this.#deadlines[number]);
    const bucket = this.#buckets[index];
    const place = this.#places[number];
    this.#places[number] = NOT_QUEUED;
    this.#size--;
    const last = bucket.pop() as number;
    if (last === number) return;
    bucket[place] = last;
    this.#places[last] = place;
    if (index === 0) this.#settle(place);
  }

  /** When the heap is empty, the first bucket that is not goes into those before it. */
  #refill(): void {
    if (this.#size === 0 || this.#buckets[0].length > 0) return;
    let index = 1;
    while (this.#buckets[index].length === 0) index++;
    const bucket = this.#buckets[index];
    let earliest = Infinity;
    for (const number of bucket) earliest = Math.min(earliest, this.#deadlines[number]);
    const time = Math.floor(earliest) + ORIGIN;
    this.#high = Math.floor(time / LOW);
    this.#low = time - this.#high * LOW;
    this.#buckets[index] = [];
    for (const number of bucket) this.#put(number);
  }

  /** Moves the number at a place of the heap to where it belongs; the others are in order. */
  #settle(from: number): void {
    const heap = this.#buckets[0];
    const number = heap[from];
    const deadline = this.#deadlines[number];
    let at = from;
    for (let parent = (at - 1) >> 1; at > 0 && deadline < this.#deadlines[heap[parent]]; parent = (at - 1) >> 1) {
      this.#place(heap[parent], at);
      at = parent;
    }
    for (let child = this.#lesserChild(at); child < heap.length && this.#deadlines[heap[child]] < deadline; child = this.#lesserChild(at)) {
      this.#place(heap[child], at);
      at = child;
    }
    this.#place(number, at);
  }

  #place(number: number, at: number): void {
    this.#buckets[0][at] = number;
    this.#places[number] = at;
  }

  #lesserChild(at: number): number {
    const heap = this.#buckets[0];
    const left = 2 * at + 1;
    return left + 1 < heap.length && this.#deadlines[heap[left + 1]] < this.#deadlines[heap[left]] ? left + 1 : left;
  }
}
