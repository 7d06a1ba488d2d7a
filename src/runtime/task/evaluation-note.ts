import type { Event } from '../../engine/event/event.js';

/**
 * What the thread is evaluating, in shared memory: the main thread reads it when the heartbeat stops.
 * Layout (int32): heartbeat, busy, rule, partition number, offset low, offset high.
 * Rules and partitions are numbers of a list that the thread sends when it grows.
 */
export const NOTE_BYTES = 6 * 4;
const [BEAT, BUSY, RULE, PARTITION, LOW, HIGH] = [0, 1, 2, 3, 4, 5];
const TWO_32 = 2 ** 32;

export class EvaluationNote {
  readonly #cells: Int32Array;
  readonly #numbers = new Map<string, number>();
  /** The one that the cells tell of. */
  #event: Event | undefined;

  constructor(
    memory: SharedArrayBuffer,
    /** Tells the main thread the name behind a new number. */
    readonly announce: (number: number, name: string) => void,
  ) {
    this.#cells = new Int32Array(memory);
  }

  evaluation(rule: string, event: Event): void {
    const cells = this.#cells;
    cells[RULE] = this.#number(rule);
    if (event !== this.#event) {
      this.#event = event;
      cells[PARTITION] = this.#number(`${event.stream}/${event.partition}`);
      cells[LOW] = event.offset | 0;
      cells[HIGH] = Math.floor(event.offset / TWO_32);
    }
    Atomics.add(cells, BEAT, 1);
  }

  /** A deadline's evaluation: there is no partition, and its time, epoch ms, stands for the offset. */
  deadline(rule: string, time: number): void {
    const cells = this.#cells;
    this.#event = undefined;
    cells[RULE] = this.#number(rule);
    cells[PARTITION] = 0;
    cells[LOW] = time | 0;
    cells[HIGH] = Math.floor(time / TWO_32);
    Atomics.add(cells, BEAT, 1);
  }

  /** Work that is no evaluation moves on: many rules take long to read and to compile, and none of them hangs. */
  alive(): void {
    Atomics.add(this.#cells, BEAT, 1);
  }

  busy(busy: boolean): void {
    Atomics.store(this.#cells, BUSY, busy ? 1 : 0);
    Atomics.add(this.#cells, BEAT, 1);
  }

  #number(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(name, number);
      this.announce(number, name);
    }
    return number;
  }
}

/** What the main thread reads of a note. */
export interface NoteReading {
  readonly beat: number;
  readonly busy: boolean;
  readonly rule: number;
  /** 0 at a deadline. */
  readonly partition: number;
  /** At a deadline its time. */
  readonly offset: number;
}

export function readNote(memory: SharedArrayBuffer): NoteReading {
  const cells = new Int32Array(memory);
  return {
    beat: Atomics.load(cells, BEAT),
    busy: Atomics.load(cells, BUSY) === 1,
    rule: cells[RULE],
    partition: cells[PARTITION],
    offset: (cells[LOW] >>> 0) + cells[HIGH] * TWO_32,
  };
}
