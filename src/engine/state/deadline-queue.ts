import { grown } from './columns.js';

const NOT_QUEUED = -1;
const MIN_LENGTH = 16;

/**
 * Numbers (slots of keys) in order of their deadlines, equal ones as `before` says, so that the order outlives a
 * restart: a binary heap that knows where each number stands, in typed arrays, 20 bytes a number. A number is in it
 * once at most and goes without a trace; entries left behind until their time came would pile up wherever `within`
 * is long and matches are quick.
 */
export class DeadlineQueue {
  /** The heap: deadlines, epoch ms, beside the numbers they are of. */
  #deadlines = new Float64Array(MIN_LENGTH);
  #numbers = new Int32Array(MIN_LENGTH);
  #size = 0;
  /** By number: where it stands in the heap. */
  #places = new Int32Array();

  constructor(
    /** Breaks ties. */
    readonly before: (a: number, b: number) => boolean,
  ) {}

  get size(): number {
    return this.#size;
  }

  /** Epoch ms of the earliest deadline, Infinity when there is none. */
  get earliest(): number {
    return this.#size === 0 ? Infinity : this.#deadlines[0];
  }

  /** Epoch ms; Infinity when the number is not in the queue. */
  deadlineOf(number: number): number {
    const place = this.#placeOf(number);
    return place === NOT_QUEUED ? Infinity : this.#deadlines[place];
  }

  /** Puts a number in, or moves it; Infinity takes it out. */
  schedule(number: number, deadline: number): void {
    if (deadline === Infinity) return this.remove(number);
    let at = this.#placeOf(number);
    if (at === NOT_QUEUED) {
      at = this.#size++;
      if (at === this.#deadlines.length) this.#resize(at * 2);
      if (number >= this.#places.length) this.#places = grown(this.#places, number + 1, NOT_QUEUED);
    }
    this.#settle(at, number, deadline);
  }

  /** Takes the earliest number out; the queue must not be empty. */
  take(): number {
    const number = this.#numbers[0];
    this.remove(number);
    return number;
  }

  remove(number: number): void {
    const at = this.#placeOf(number);
    if (at === NOT_QUEUED) return;
    this.#places[number] = NOT_QUEUED;
    const last = --this.#size;
    if (at !== last) this.#settle(at, this.#numbers[last], this.#deadlines[last]);
    if (last > MIN_LENGTH && last < this.#deadlines.length / 8) this.#resize(this.#deadlines.length / 2);
  }

  #placeOf(number: number): number {
    return number < this.#places.length ? this.#places[number] : NOT_QUEUED;
  }

  /** Puts a number where one has left, or at the end: neighbours are in order. */
  #settle(from: number, number: number, deadline: number): void {
    let at = from;
    for (let parent = (at - 1) >> 1; at > 0 && this.#isBefore(number, deadline, parent); parent = (at - 1) >> 1) {
      this.#move(parent, at);
      at = parent;
    }
    for (let child = this.#lesserChild(at); child < this.#size && !this.#isBefore(number, deadline, child); child = this.#lesserChild(at)) {
      this.#move(child, at);
      at = child;
    }
    this.#deadlines[at] = deadline;
    this.#numbers[at] = number;
    this.#places[number] = at;
  }

  #move(from: number, to: number): void {
    this.#deadlines[to] = this.#deadlines[from];
    const number = (this.#numbers[to] = this.#numbers[from]);
    this.#places[number] = to;
  }

  #lesserChild(at: number): number {
    const left = 2 * at + 1;
    const right = left + 1;
    return right < this.#size && this.#isBefore(this.#numbers[right], this.#deadlines[right], left) ? right : left;
  }

  #isBefore(number: number, deadline: number, place: number): boolean {
    const other = this.#deadlines[place];
    return deadline < other || (deadline === other && this.before(number, this.#numbers[place]));
  }

  #resize(length: number): void {
    const [deadlines, numbers] = [new Float64Array(length), new Int32Array(length)];
    deadlines.set(this.#deadlines.subarray(0, this.#size));
    numbers.set(this.#numbers.subarray(0, this.#size));
    [this.#deadlines, this.#numbers] = [deadlines, numbers];
  }
}
