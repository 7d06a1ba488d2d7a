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

  /** Writes the events in the order of their numbers; an id that says no more than the position is left out. */
  write(out: BinaryWriter): void {
    out.uint(this.#numbers.size);
    for (const event of this.#numbers.keys()) {
      const { ownId } = event;
      out.text(event.stream);
      out.uint(2 * event.partition + (ownId === undefined ? 0 : 1));
      out.uint(event.offset);
      out.double(event.time);
      if (ownId !== undefined) out.text(ownId);
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
    const ownId = partition % 2 === 0 ? undefined : from.text();
    const event = new Event(layout, stream, Math.floor(partition / 2), offset, time, from.bytes(), [], ownId);
    event.keep();
    events.push(event);
  }
  return events;
}
