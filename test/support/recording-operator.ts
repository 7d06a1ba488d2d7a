import type { Event } from '../../src/engine/event/event.js';
import type { Operator } from '../../src/engine/operator/operator.js';
import type { BinaryReader, BinaryWriter } from '../../src/engine/state/binary.js';
import { keyGroupOf } from '../../src/engine/state/key-group.js';

/** Writes down what it is given; its keyed state is a text per key. */
export class RecordingOperator implements Operator {
  readonly seen: string[] = [];
  readonly #groups = new Map<number, Map<string, string>>();
  readonly deadlines: number[] = [];
  readonly #changed = new Set<string>();

  constructor(readonly id: string) {}

  get state(): Map<string, string> {
    return new Map([...this.#groups.values()].flatMap((group) => [...group]));
  }

  #group(group: number): Map<string, string> {
    const known = this.#groups.get(group) ?? new Map<string, string>();
    this.#groups.set(group, known);
    return known;
  }

  put(key: string, value: string): void {
    this.#group(keyGroupOf(key)).set(key, value);
    this.#changed.add(key);
  }

  processElement(event: Event): void {
    this.advanceTime(event.time);
    this.seen.push(`${event.stream}/${event.partition}/${event.offset}@${event.time}`);
  }

  advanceTime(time: number): void {
    this.deadlines.sort((a, b) => a - b);
    while (this.deadlines[0] <= time) this.seen.push(`deadline@${this.deadlines.shift()}`);
  }

  nextDeadline(): number {
    return Math.min(Infinity, ...this.deadlines);
  }

  changedKeys(): Iterable<string> {
    return this.#changed;
  }

  clearChanges(): void {
    this.#changed.clear();
  }

  keysOfGroup(group: number): Iterable<string> {
    return this.#group(group).keys();
  }

  writeKey(key: string, out: BinaryWriter): boolean {
    const value = this.#group(keyGroupOf(key)).get(key);
    if (value !== undefined) out.utf16(value);
    return value !== undefined;
  }

  restoreKey(key: string, from: BinaryReader): void {
    this.#group(keyGroupOf(key)).set(key, from.utf16());
  }

  forgetKey(key: string): void {
    if (this.#group(keyGroupOf(key)).delete(key)) this.#changed.add(key);
  }
}
