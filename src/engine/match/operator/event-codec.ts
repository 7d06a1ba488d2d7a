import { Event } from '../../event/event.js';
import type { FieldLayout } from '../../event/field-layout.js';
import type { BinaryReader, BinaryWriter } from '../../state/binary.js';
import type { EventTable } from '../matcher.js';

/** Numbers the events of one key while its state is written, so that each is stored once. */
export class EventCollector implements EventTable {
  readonly #numbers = new Map<Event, number>();

  indexOf(event: Event): number {
    const known = this.#numbers.get(event);
    if (known !== undefined) return known;
    this.#numbers.set(event, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  /** Writes the events in the order of their numbers. */
  write(out: BinaryWriter): void {
    out.uint(this.#numbers.size);
    for (const event of this.#numbers.keys()) {
      out.text(event.stream);
      out.uint(event.partition);
      out.uint(event.offset);
      out.double(event.time);
      out.text(event.id);
      out.bytes(event.raw);
    }
  }
}

/** Reads what EventCollector wrote. Fields are decoded when a condition first asks for them. */
export function readEvents(from: BinaryReader, layout: FieldLayout): Event[] {
  const events: Event[] = [];
  for (let left = from.uint(); left > 0; left--) {
    const stream = from.text();
    const partition = from.uint();
    const offset = from.uint();
    const time = from.double();
    const id = from.text();
    const event = new Event(layout, stream, partition, offset, time, from.bytes(), [], id);
    event.keep();
    events.push(event);
  }
  return events;
}
