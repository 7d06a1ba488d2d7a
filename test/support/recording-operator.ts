import type { Event } from '../../src/engine/event/event.js';
import type { Operator } from '../../src/engine/operator/operator.js';
import { type EntryFormat, KeyEntry, KeyedState, type KeyedStateOptions } from '../../src/engine/state/keyed-state.js';

/** Writes down what it is given; its keyed state is a text per key. */
export class RecordingOperator implements Operator {
  readonly seen: string[] = [];
  readonly deadlines: number[] = [];
  readonly state: KeyedState<TextEntry>;

  constructor(
    readonly id: string,
    options?: KeyedStateOptions,
  ) {
    const format: EntryFormat<TextEntry> = {
      write: ({ text }, out) => out.text(text),
      read: (key, from) => new TextEntry(key, from.text()),
      deadlineOf: () => Infinity,
    };
    this.state = new KeyedState(format, options);
  }

  static entry(key: string, text: string): TextEntry {
    return new TextEntry(key, text);
  }

  get texts(): Record<string, string> {
    return Object.fromEntries([...this.state.values()].map(({ id, text }) => [id, text] as const).sort());
  }

  put(key: string, text: string): void {
    const entry = this.state.get(key);
    if (entry === undefined) return this.state.add(new TextEntry(key, text));
    this.state.touch(entry);
    entry.text = text;
  }

  forget(key: string): void {
    const entry = this.state.get(key);
    if (entry !== undefined) this.state.forget(entry);
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
}

class TextEntry extends KeyEntry {
  constructor(
    id: string,
    public text: string,
  ) {
    super(id);
  }
}
