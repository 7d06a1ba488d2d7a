import { CelError } from './cel-error.js';
import { FieldScanner } from './decode/field-scanner.js';
import type { Event } from './event.js';
import { decodeUtf8, DEFAULT_JSON_DEPTH, JsonError, type JsonObject, readJson } from './json-reader.js';

/** The slot that holds the whole event as one object; decoded only when something asks for it. */
export const WHOLE_EVENT = 0;

/**
 * Which top-level fields of a stream's events the rules read, and in which slot of `Event.fields` each
 * stands. Only grows: a slot keeps its number for the life of the layout, so compiled conditions hold numbers.
 */
export class FieldLayout {
  readonly #slots = new Map<string, number>();
  /** By slot; slot 0 is the whole event and has no name. */
  readonly #names: string[] = [''];
  /** What a slot holds when the event has no such field: compiled code needs no check of its own. */
  readonly #missing: (CelError | undefined)[] = [undefined];
  readonly #scanner = new FieldScanner();

  /** @param maxDepth how deep lists and objects may nest in an event, where no other depth is asked for */
  constructor(readonly maxDepth = DEFAULT_JSON_DEPTH) {}

  /** Number of slots, the whole event's included. */
  get size(): number {
    return this.#names.length;
  }

  /** The field's slot; a name not seen before gets the next one. */
  slot(name: string): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot = this.#names.length;
    this.#slots.set(name, slot);
    this.#names.push(name);
    this.#missing.push(new CelError(`no such field: ${name}`, true));
    this.#scanner.want(name, slot);
    return slot;
  }

  /** The field of a slot; '' for the whole event. */
  nameOf(slot: number): string {
    return this.#names[slot];
  }

  /**
   * An event's field values by slot; a missing field's slot holds a CelError, null stays null.
   * Own properties only; lists and objects may nest `maxDepth` deep. The event is from `start` to before `end`.
   * @throws JsonError when the bytes are not a JSON object
   */
  decode(bytes: Uint8Array, maxDepth = this.maxDepth, start = 0, end = bytes.length): unknown[] {
    const fields: unknown[] = this.#missing.slice();
    if (this.#scanner.scan(bytes, fields, maxDepth, start, end)) return fields;
    return this.#select(this.#parse(bytes.subarray(start, end), maxDepth));
  }

  /** Fills the slots an older event lacks, from its bytes; the whole event only if it is what is `wanted`. */
  decodeMissing(event: Event, wanted?: number): void {
    const fields = this.decode(event.raw);
    for (let slot = 1; slot < fields.length; slot++) event.fields[slot] ??= fields[slot];
    if (wanted === WHOLE_EVENT) event.fields[WHOLE_EVENT] = this.#parse(event.raw, this.maxDepth);
  }

  #parse(raw: Uint8Array, maxDepth: number): JsonObject {
    const value = readJson(decodeUtf8(raw), maxDepth);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new JsonError('event-not-object', 'an event must be a JSON object', 0);
    }
    return value;
  }

  #select(whole: JsonObject): unknown[] {
    const fields: unknown[] = this.#missing.slice();
    for (let slot = 1; slot < fields.length; slot++) {
      const name = this.#names[slot];
      if (Object.hasOwn(whole, name)) fields[slot] = whole[name];
    }
    return fields;
  }
}
