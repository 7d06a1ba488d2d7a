import type { Event } from '../../src/engine/event/event.js';
import type { Source } from './engine.js';

const NEWLINE = 0x0a;

/** A file of JSON lines in one buffer. */
export class EventLines {
  readonly #starts: Uint32Array;
  readonly count: number;

  constructor(
    readonly bytes: Buffer,
    limit: number,
  ) {
    const starts: number[] = [];
    let at = 0;
    while (at < bytes.length && starts.length < limit) {
      starts.push(at);
      at = bytes.indexOf(NEWLINE, at) + 1;
    }
    this.count = starts.length;
    starts.push(at);
    this.#starts = Uint32Array.from(starts);
  }

  start(index: number): number {
    return this.#starts[index];
  }

  end(index: number): number {
    return this.#starts[index + 1] - 1;
  }
}

/** Events made beforehand. */
export class ParsedEvents implements Source {
  readonly #events: Event[] = [];

  constructor(source: Source) {
    for (let i = 0; i < source.count; i++) this.#events.push(source.event(i));
  }

  get count(): number {
    return this.#events.length;
  }

  event(index: number): Event {
    return this.#events[index];
  }
}
