/**
 * Decodes the wanted top-level fields of a JSON object straight from its bytes; all else is validated and
 * passed over. It covers what events
 * look like; on anything else, malformed input included, it steps back for the exact reader to decide.
 */
import { isUtf8 } from 'node:buffer';
import { numberOf } from '../exact-json.js';
import { DEFAULT_JSON_DEPTH, readJson } from '../json-reader.js';
import type { JsonValue } from '../json-value.js';
import { JsonCursor } from './json-cursor.js';
import { StringCache } from './string-cache.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

interface Wanted {
  readonly name: Uint8Array;
  readonly slot: number;
}

export class FieldScanner {
  /** By length of the name in bytes: most fields that nobody wants are told by it. */
  readonly #wanted: Wanted[][] = [];
  readonly #cursor = new JsonCursor();
  readonly #strings = new StringCache();
  #bytes: Uint8Array = new Uint8Array(0);

  readonly #maxDepth: number;

  /** Nesting beyond the default, where it is allowed, is the exact reader's: the scanner recurses. */
  constructor(maxDepth: number) {
    this.#maxDepth = Math.min(maxDepth, DEFAULT_JSON_DEPTH);
  }

  /** From now on the field's value is put into `fields[slot]`. */
  want(field: string, slot: number): void {
    // Bytes cannot say such a name but by escapes, and those are the exact reader's.
    if (LONE_SURROGATE.test(field)) return;
    const name = encoder.encode(field);
    (this.#wanted[name.length] ??= []).push({ name, slot });
    for (let length = 0; length < this.#wanted.length; length++) this.#wanted[length] ??= [];
  }

  /** Puts the fields' values into their slots, of a repeated field the last. False: not covered, and `fields` is spoilt. */
  scan(bytes: Uint8Array, fields: unknown[]): boolean {
    const cursor = this.#cursor;
    this.#bytes = bytes;
    cursor.begin(bytes);
    if (!cursor.take(OPEN_OBJECT)) return false;
    if (!cursor.take(CLOSE_OBJECT)) {
      do if (!this.#member(fields)) return false;
      while (cursor.take(COMMA));
      if (!cursor.take(CLOSE_OBJECT)) return false;
    }
    return cursor.atEnd() && (cursor.ascii || isUtf8(bytes));
  }

  #member(fields: unknown[]): boolean {
    const cursor = this.#cursor;
    if (cursor.peek() !== QUOTE) return false;
    const start = cursor.at + 1;
    if (!cursor.string() || cursor.escaped) return false;
    const slot = this.#slotOf(start, cursor.at - 1);
    if (!cursor.take(COLON)) return false;
    if (slot < 0) return cursor.any(this.#maxDepth - 1);
    const value = this.#value();
    fields[slot] = value;
    return value !== undefined;
  }

  /** The slot of a name, -1 when nobody wants it. */
  #slotOf(start: number, end: number): number {
    const length = end - start;
    if (length >= this.#wanted.length) return -1;
    const candidates = this.#wanted[length];
    for (let i = 0; i < candidates.length; i++) if (this.#isNamed(candidates[i].name, start)) return candidates[i].slot;
    return -1;
  }

  #isNamed(name: Uint8Array, start: number): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
    return true;
  }

  /** Undefined: not covered. */
  #value(): JsonValue | undefined {
    const cursor = this.#cursor;
    const first = cursor.peek();
    const start = cursor.at;
    switch (first) {
      case QUOTE:
        return cursor.string() ? this.#string(start, cursor.at) : undefined;
      case 0x74:
        return cursor.literal() ? true : undefined;
      case 0x66:
        return cursor.literal() ? false : undefined;
      case 0x6e:
        return cursor.literal() ? null : undefined;
      case OPEN_OBJECT:
      case OPEN_LIST:
        return cursor.any(this.#maxDepth - 1) ? readJson(this.#text(start, cursor.at), this.#maxDepth) : undefined;
      default:
        return cursor.number() ? this.#number(start, cursor.at) : undefined;
    }
  }

  /** `start` and `end` include the quotes. */
  #string(start: number, end: number): string {
    if (this.#cursor.escaped) return JSON.parse(this.#text(start, end)) as string;
    return this.#cursor.wide ? this.#text(start + 1, end - 1) : this.#strings.of(this.#bytes, start + 1, end - 1);
  }

  #number(start: number, end: number): number | bigint {
    const { value, integer } = this.#cursor;
    return Number.isNaN(value) ? numberOf(this.#text(start, end), integer) : value;
  }

  #text(start: number, end: number): string {
    return decoder.decode(this.#bytes.subarray(start, end));
  }
}
