import { CelError } from '../../event/cel-error.js';
import { tooLong } from './arithmetic.js';
import { charge, chargeSearch } from './budget.js';
import { isNumeric, MAX_LIST, MAX_TEXT, noOverload } from './values.js';

const SURROGATE = /[\ud800-\udfff]/;

/** The string as units that CEL counts: code points. A string without surrogates is its own list of them. */
function units(text: string): string | string[] {
  return SURROGATE.test(text) ? [...text] : text;
}

function wholeIn(v: unknown, low: number, high: number): number | CelError {
  if (!isNumeric(v)) return noOverload('index', v);
  const n = Number(v);
  return Number.isInteger(n) && n >= low && n <= high ? n : new CelError(`index out of range: ${n}`);
}

function onTwo(name: string, f: (a: string, b: string) => unknown): (a: unknown, b: unknown) => unknown {
  return (a, b) => (typeof a === 'string' && typeof b === 'string' ? f(a, b) : noOverload(name, a, b));
}

function onOne(name: string, f: (a: string) => unknown): (a: unknown) => unknown {
  return (a) => (typeof a === 'string' ? (charge(a.length) ?? f(a)) : noOverload(name, a));
}

export const contains = onTwo('contains', (a, b) => chargeSearch(a, b) ?? a.includes(b));
export const startsWith = onTwo('startsWith', (a, b) => a.startsWith(b));
export const endsWith = onTwo('endsWith', (a, b) => a.endsWith(b));
export const lowerAscii = onOne('lowerAscii', (a) => a.replace(/[A-Z]+/g, (s) => s.toLowerCase()));
export const upperAscii = onOne('upperAscii', (a) => a.replace(/[a-z]+/g, (s) => s.toUpperCase()));
export const trim = onOne('trim', trimmed);
export const reverse = onOne('reverse', (a) => [...a].reverse().join(''));

const WHITE = /\p{White_Space}/u;

/** Unicode white space off both ends; a regular expression anchored at the end would be quadratic. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && WHITE.test(text[start])) start++;
  while (end > start && WHITE.test(text[end - 1])) end--;
  return text.slice(start, end);
}

export function charAt(a: unknown, at: unknown): unknown {
  if (typeof a !== 'string') return noOverload('charAt', a, at);
  const over = charge(a.length / 8);
  if (over !== undefined) return over;
  const text = units(a);
  const i = wholeIn(at, 0, text.length);
  return typeof i === 'number' ? (text[i] ?? '') : i;
}

export function substring(a: unknown, start: unknown, end?: unknown): unknown {
  if (typeof a !== 'string') return noOverload('substring', a, start);
  const over = charge(a.length / 8);
  if (over !== undefined) return over;
  const text = units(a);
  const to = end === undefined ? text.length : wholeIn(end, 0, text.length);
  if (typeof to !== 'number') return to;
  const from = wholeIn(start, 0, end === undefined ? text.length : to);
  if (typeof from !== 'number') return from;
  const part = text.slice(from, to);
  return typeof part === 'string' ? part : part.join('');
}

export function indexOf(a: unknown, b: unknown, from?: unknown): unknown {
  if (typeof a !== 'string' || typeof b !== 'string') return noOverload('indexOf', a, b);
  const over = chargeSearch(a, b);
  if (over !== undefined) return over;
  const text = units(a);
  const start = from === undefined ? 0 : wholeIn(from, 0, text.length);
  if (typeof start !== 'number') return start;
  if (typeof text === 'string') return text.indexOf(b, start);
  const found = a.indexOf(b, text.slice(0, start).join('').length);
  return found < 0 ? -1 : [...a.slice(0, found)].length;
}

export function lastIndexOf(a: unknown, b: unknown, from?: unknown): unknown {
  if (typeof a !== 'string' || typeof b !== 'string') return noOverload('lastIndexOf', a, b);
  const over = chargeSearch(a, b);
  if (over !== undefined) return over;
  const text = units(a);
  const start = from === undefined ? text.length : wholeIn(from, 0, text.length);
  if (typeof start !== 'number') return start;
  if (typeof text === 'string') return text.lastIndexOf(b, start);
  const found = a.lastIndexOf(b, text.slice(0, start).join('').length);
  return found < 0 ? -1 : [...a.slice(0, found)].length;
}

/** A negative or absent limit means all. */
function limitOf(v: unknown): number | CelError {
  if (v === undefined) return Number.POSITIVE_INFINITY;
  const n = wholeIn(v, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  return typeof n === 'number' && n < 0 ? Number.POSITIVE_INFINITY : n;
}

export function split(a: unknown, separator: unknown, limit?: unknown): unknown {
  if (typeof a !== 'string' || typeof separator !== 'string') return noOverload('split', a, separator);
  const most = limitOf(limit);
  if (typeof most !== 'number') return most;
  if (most === 0) return [];
  const over = chargeSearch(a, separator);
  if (over !== undefined) return over;
  const parts = separator === '' ? [...a] : a.split(separator);
  if (parts.length > MAX_LIST) return tooLong();
  return parts.length <= most ? parts : [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)];
}

/** Literal text, not a pattern: neither side has special characters. */
export function replace(a: unknown, from: unknown, to: unknown, limit?: unknown): unknown {
  if (typeof a !== 'string' || typeof from !== 'string' || typeof to !== 'string') return noOverload('replace', a, from, to);
  const most = limitOf(limit);
  if (typeof most !== 'number') return most;
  const over = chargeSearch(a, from);
  if (over !== undefined) return over;
  if (from === '') return replaceEmpty(a, to, most);
  const parts = a.split(from);
  if (parts.length > MAX_LIST) return tooLong();
  return parts.length <= most + 1 ? join(parts, to) : join([...parts.slice(0, most), parts.slice(most).join(from)], to);
}

/** The empty text stands before every character and at the end. */
function replaceEmpty(a: string, to: string, limit: number): unknown {
  const over = charge(((a.length + 1) * (to.length + 1)) / 8);
  if (over !== undefined) return over;
  let result = '';
  let left = limit;
  for (const c of [...a, '']) {
    if (left-- > 0) result += to;
    result += c;
    if (result.length > MAX_TEXT) return tooLong();
  }
  return result;
}

export function join(list: unknown, separator: unknown = ''): unknown {
  if (!Array.isArray(list) || typeof separator !== 'string') return noOverload('join', list, separator);
  let length = Math.max(0, list.length - 1) * separator.length;
  for (const item of list) {
    if (typeof item !== 'string') return noOverload('join', item);
    length += item.length;
  }
  return length > MAX_TEXT ? tooLong() : (charge(list.length + length / 8) ?? list.join(separator));
}
