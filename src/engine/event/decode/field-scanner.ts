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
import { ENDS_TEXT, PlainNumber, skipSpace } from './plain-tokens.js';
import { StringCache } from './string-cache.js';

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Beyond the end of every event: where it stands after something that is not covered. */
const FAILED = 2 ** 30;

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
  readonly #number = new PlainNumber();
  #bytes: Uint8Array = new Uint8Array(0);

  #maxDepth = DEFAULT_JSON_DEPTH;

  /** From now on the field's value is put into `fields[slot]`. */
  want(field: string, slot: number): void {
    // Bytes cannot say such a name but by escapes, and those are the exact reader's.
    if (LONE_SURROGATE.test(field)) return;
    const name = encoder.encode(field);
    (this.#wanted[name.length] ??= []).push({ name, slot });
    for (let length = 0; length < this.#wanted.length; length++) this.#wanted[length] ??= [];
  }

  /**
   * Puts the fields' values into their slots, of a repeated field the last. False: not covered, and `fields` is spoilt.
   * Nesting beyond the default, where it is allowed, is the exact reader's: the scanner recurses. One flat loop: as
   * calls for each token it took twice the time.
   */
  scan(bytes: Uint8Array, fields: unknown[], maxDepth: number, start = 0, end = bytes.length): boolean {
    this.#maxDepth = Math.min(maxDepth, DEFAULT_JSON_DEPTH);
    this.#bytes = bytes;
    this.#cursor.begin(bytes, end);
    let at = skipSpace(bytes, start, end);
    if (at >= end || bytes[at] !== OPEN_OBJECT) return false;
    at = skipSpace(bytes, at + 1, end);
    if (at < end && bytes[at] === CLOSE_OBJECT) return this.#ends(bytes, start, at + 1, end);
    for (;;) {
      if (at >= end || bytes[at] !== QUOTE) return false;
      const name = ++at;
      while (at < end && ENDS_TEXT[bytes[at]] === 0) at++;
      if (at < end && bytes[at] !== QUOTE) at = this.#wideNameEnd(name);
      const slot = this.#slotOf(bytes, name, at);
      if (++at < end && bytes[at] <= SPACE) at = skipSpace(bytes, at, end);
      if (at >= end || bytes[at] !== COLON) return false;
      if (++at < end && bytes[at] <= SPACE) at = skipSpace(bytes, at, end);
      if (at >= end) return false;
      if (bytes[at] === QUOTE) {
        const text = ++at;
        while (at < end && ENDS_TEXT[bytes[at]] === 0) at++;
        if (at < end && bytes[at] !== QUOTE) at = this.#rareValue(text - 1, slot, fields);
        else if (slot < 0) at++;
        else fields[slot] = this.#strings.of(bytes, text, at++);
      } else at = bytes[at] < COLON ? this.#numberAt(bytes, at, end, slot, fields) : this.#rareValue(at, slot, fields);
      if (at < end && bytes[at] <= SPACE) at = skipSpace(bytes, at, end);
      if (at >= end) return false;
      if (bytes[at] !== COMMA) return bytes[at] === CLOSE_OBJECT && this.#ends(bytes, start, at + 1, end);
      if (++at < end && bytes[at] <= SPACE) at = skipSpace(bytes, at, end);
    }
  }

  /** Is there nothing but white space behind? */
  #ends(bytes: Uint8Array, start: number, at: number, end: number): boolean {
    return skipSpace(bytes, at, end) === end && (this.#cursor.ascii || isUtf8(bytes.subarray(start, end)));
  }

  #numberAt(bytes: Uint8Array, at: number, end: number, slot: number, fields: unknown[]): number {
    const behind = this.#number.read(bytes, at, end);
    if (behind < 0) return this.#rareValue(at, slot, fields);
    if (slot >= 0) fields[slot] = this.#number.value;
    return behind;
  }

  /** The closing quote of a name that is not plain. */
  #wideNameEnd(name: number): number {
    const cursor = this.#cursor;
    cursor.at = name - 1;
    return cursor.string() && !cursor.escaped ? cursor.at - 1 : FAILED;
  }

  #rareValue(at: number, slot: number, fields: unknown[]): number {
    const cursor = this.#cursor;
    cursor.at = at;
    if (slot < 0) return cursor.any(this.#maxDepth - 1) ? cursor.at : FAILED;
    const value = this.#anyValue();
    if (value === undefined) return FAILED;
    fields[slot] = value;
    return cursor.at;
  }

  /** The slot of a name, -1 when nobody wants it. */
  #slotOf(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length >= this.#wanted.length) return -1;
    const candidates = this.#wanted[length];
    for (let i = 0; i < candidates.length; i++) if (isNamed(bytes, start, candidates[i].name)) return candidates[i].slot;
    return -1;
  }

  /** Undefined: not covered. */
  #anyValue(): JsonValue | undefined {
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
        return cursor.number() ? this.#exactNumber(start, cursor.at) : undefined;
    }
  }

  /** `start` and `end` include the quotes. */
  #string(start: number, end: number): string {
    if (this.#cursor.escaped) return JSON.parse(this.#text(start, end)) as string;
    return this.#cursor.wide ? this.#text(start + 1, end - 1) : this.#strings.of(this.#bytes, start + 1, end - 1);
  }

  #exactNumber(start: number, end: number): number | bigint {
    const { value, integer } = this.#cursor;
    return Number.isNaN(value) ? numberOf(this.#text(start, end), integer) : value;
  }

  #text(start: number, end: number): string {
    return decoder.decode(this.#bytes.subarray(start, end));
  }
}

function isNamed(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}
