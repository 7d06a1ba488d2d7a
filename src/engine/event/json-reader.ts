import { readExactly } from './exact-json.js';
import { JsonError, type JsonValue } from './json-value.js';

export { JsonError, type JsonObject, type JsonValue } from './json-value.js';

/** How deep lists and objects may nest when the caller does not say. */
export const DEFAULT_JSON_DEPTH = 64;

/** Texts in which a number may be more than a double holds: 16 digits in a row, or a three-digit exponent. */
const MAY_NEED_EXACT = /\d{16}|[eE]\+?\d{3}/;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads JSON (RFC 8259). An integer that a double cannot hold exactly becomes a BigInt, every other
 * number a double; a number beyond the range of doubles is refused. Duplicate keys: the last wins.
 * `__proto__` is an ordinary own key. JSON.parse does the work unless the text may hold a big number:
 * Node 20 does not give a reviver the number's source text.
 * @throws JsonError invalid-json, json-too-deep
 */
export function readJson(text: string, maxDepth = DEFAULT_JSON_DEPTH): JsonValue {
  checkDepth(text, maxDepth);
  if (MAY_NEED_EXACT.test(text)) return readExactly(text);
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // The exact reader refuses what JSON.parse refuses, and knows where.
    return readExactly(text);
  }
}

/**
 * Reads JSON that a person has written: as readJson does, but an object with a key twice is refused, for nobody can
 * mean both.
 * @throws JsonError invalid-json, json-too-deep, duplicate-key
 */
export function readJsonDocument(text: string, maxDepth = DEFAULT_JSON_DEPTH): JsonValue {
  checkDepth(text, maxDepth);
  return readExactly(text, true);
}

/**
 * Strict UTF-8 to text; a byte order mark is kept, so that it is refused as JSON.
 * @throws JsonError invalid-utf8
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new JsonError('invalid-utf8', 'the bytes are not valid UTF-8', validPrefix(bytes));
  }
}

/** The length of the longest decodable prefix, found by halving; only for error messages. */
function validPrefix(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (startsValid(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  return low;
}

function startsValid(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** One scan without recursion, so that hostile nesting costs no stack. */
function checkDepth(text: string, maxDepth: number): void {
  if (text.length <= maxDepth) return;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) i = endOfString(text, i + 1);
    else if (c === 0x5b || c === 0x7b) {
      if (++depth > maxDepth) throw new JsonError('json-too-deep', `lists and objects nest deeper than ${maxDepth}`, i);
    } else if (c === 0x5d || c === 0x7d) depth--;
  }
}

/** The index of the quote that ends a string whose content begins at `from`, or the text's end. */
function endOfString(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5c) i++;
    else if (c === 0x22) return i;
  }
  return text.length;
}
