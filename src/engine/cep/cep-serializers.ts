/** How a CEP operator's keyed state is written: elements as plain values, the matcher's state by the matcher. */
import type { Event } from '../event/event.js';
import type { Matcher } from '../match/matcher.js';
import { type BinaryReader, BinaryWriter } from '../state/binary.js';
import { plainSerializer } from '../state/serializer/plain-serializer.js';
import type { TypeSerializer } from '../state/serializer/type-serializer.js';

export interface Element {
  readonly element: unknown;
  readonly offset: number;
  readonly time: number;
}

type Revive<E> = (element: Element) => E;

/** Elements that wait for the watermark. */
export function elementsSerializer<E extends Element>(revive: Revive<E>): TypeSerializer<readonly E[]> {
  return {
    name: 'cep-elements',
    version: 1,
    write: writeElements,
    read: (from) => readElements(from, revive),
  };
}

/** The open partial matches of a key; an element that several of them hold is written once. */
export function matchesSerializer<E extends Element & Event>(matcher: Matcher<unknown>, revive: Revive<E>): TypeSerializer<unknown> {
  const body = new BinaryWriter();
  return {
    name: 'cep-matches',
    version: matcher.stateVersion,
    write: (state, out) => {
      const indexes = new Map<E, number>();
      const indexOf = (event: Event): number => {
        const index = indexes.get(event as E) ?? indexes.size;
        indexes.set(event as E, index);
        return index;
      };
      body.reset();
      matcher.write(state, body, { indexOf });
      writeElements([...indexes.keys()], out);
      out.raw(body.view());
    },
    read: (from, version) => matcher.read(from, readElements(from, revive), version),
  };
}

function writeElements(elements: readonly Element[], out: BinaryWriter): void {
  out.uint(elements.length);
  for (const { element, offset, time } of elements) {
    plainSerializer.write(element, out);
    out.uint(offset);
    out.double(time);
  }
}

function readElements<E>(from: BinaryReader, revive: Revive<E>): E[] {
  return Array.from({ length: from.uint() }, () =>
    revive({ element: plainSerializer.read(from, 1), offset: from.uint(), time: from.double() }),
  );
}
