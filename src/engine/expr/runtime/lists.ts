import { CelError } from '../../event/cel-error.js';
import { charge } from './budget.js';
import { same } from './compare.js';
import { notAType } from './types.js';
import { type CelMap, CelType, isError, isMap, makeMap, isNumeric, mapGet, mapKeys, noOverload, plain } from './values.js';

type Visit = (item: unknown) => unknown;

/** What a macro goes over: a list's items, a map's keys. Undefined for anything else. */
function range(v: unknown): readonly unknown[] | undefined {
  if (Array.isArray(v)) return v;
  const from = plain(v);
  return isMap(from) ? mapKeys(from) : undefined;
}

/** False if any test is false; else the first error; else true. */
export function all(v: unknown, test: Visit): unknown {
  return absorb('all', v, test, false);
}

/** True if any test is true; else the first error; else false. */
export function exists(v: unknown, test: Visit): unknown {
  return absorb('exists', v, test, true);
}

function absorb(name: string, v: unknown, test: Visit, decisive: boolean): unknown {
  const items = range(v);
  if (items === undefined) return noOverload(name, v);
  const over = charge(items.length);
  if (over !== undefined) return over;
  let error: unknown;
  for (const item of items) {
    const result = test(item);
    if (result === decisive) return decisive;
    if (typeof result === 'boolean') continue;
    const spent = charge(0);
    if (spent !== undefined) return spent;
    error ??= noOverload(name, result);
  }
  return error ?? !decisive;
}

/** True if exactly one test is true; errors pass on. */
export function existsOne(v: unknown, test: Visit): unknown {
  const found = filterMap(v, test, undefined);
  return Array.isArray(found) ? found.length === 1 : found;
}

/** What a loop in generated code goes over; undefined for what is no list or map. */
export const itemsOf = range;

/** min, max and avg of no items. */
export function emptyList(name: string): CelError {
  return new CelError(`${name} of an empty list`);
}

/** The macros filter and map with two and three arguments; the first error is the result. */
export function filterMap(v: unknown, test: Visit | undefined, step: Visit | undefined): unknown {
  const items = range(v);
  if (items === undefined) return noOverload('map', v);
  const over = charge(items.length);
  if (over !== undefined) return over;
  const result: unknown[] = [];
  for (const item of items) {
    const keep = test === undefined || test(item);
    if (typeof keep !== 'boolean') return noOverload('filter', keep);
    if (!keep) continue;
    const value = step === undefined ? item : step(item);
    if (isError(value)) return value;
    result.push(value);
  }
  return result;
}

/** What a macro with two variables goes over: [index, item] of a list, [key, value] of a map. */
export function entriesOf(v: unknown): unknown {
  if (Array.isArray(v)) return charge(v.length * 10) ?? v.map((item, i) => [i, item]);
  const from = plain(v);
  return isMap(from) ? mapKeys(from).map((key) => [key, mapGet(from, key)]) : noOverload('entries', from);
}

/** transformMap: pairs of key and new value. */
export function mapOf(pairs: unknown): unknown {
  return Array.isArray(pairs) ? makeMap(pairs.flat(1)) : pairs;
}

/** `in`: an item of a list, a key of a map. */
export function within(v: unknown, container: unknown): unknown {
  const from = plain(container);
  if (isError(v)) return v;
  if (Array.isArray(from)) {
    const over = charge(from.length);
    if (over !== undefined) return over;
    const found = from.some((item) => same(item, v));
    return charge(0) ?? found;
  }
  return isMap(from) ? mapGet(from, v) !== undefined : noOverload('@in', v, from);
}

/** `in` a constant list of strings and doubles. */
export function withinSet(v: unknown, set: ReadonlySet<unknown>): unknown {
  if (isError(v)) return v;
  if (v instanceof CelType) return notAType(v, null);
  return set.has(typeof v === 'bigint' && BigInt(Number(v)) === v ? Number(v) : v);
}

/** Characters (code points) of a string, items of a list, entries of a map, bytes. */
export function size(v: unknown): unknown {
  const of = plain(v);
  if (Array.isArray(of) || of instanceof Uint8Array) return of.length;
  if (typeof of === 'string') return charge(of.length / 8) ?? codePoints(of);
  return isMap(of) ? sizeOfMap(of) : noOverload('size', of);
}

/** Keys of an object are counted one by one. */
function sizeOfMap(map: CelMap): unknown {
  if (map instanceof Map) return map.size;
  const { length } = mapKeys(map);
  return charge(0) ?? length;
}

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const before = text.charCodeAt(i - 1);
    if (c >= 0xdc00 && c <= 0xdfff && before >= 0xd800 && before <= 0xdbff) count--;
  }
  return count;
}

export function first(v: unknown): unknown {
  if (!Array.isArray(v)) return noOverload('first', v);
  return v.length > 0 ? v[0] : new CelError('first of an empty list');
}

export function last(v: unknown): unknown {
  if (!Array.isArray(v)) return noOverload('last', v);
  return v.length > 0 ? v[v.length - 1] : new CelError('last of an empty list');
}

/** 0 for an empty list. */
export function sum(v: unknown): unknown {
  return fold('sum', v, 0, (total, n) => total + n);
}

export function avg(v: unknown): unknown {
  if (Array.isArray(v) && v.length === 0) return new CelError('avg of an empty list');
  const total = sum(v);
  return typeof total === 'number' ? total / (v as unknown[]).length : total;
}

export function min(v: unknown): unknown {
  if (Array.isArray(v) && v.length === 0) return new CelError('min of an empty list');
  return fold('min', v, Number.POSITIVE_INFINITY, Math.min);
}

export function max(v: unknown): unknown {
  if (Array.isArray(v) && v.length === 0) return new CelError('max of an empty list');
  return fold('max', v, Number.NEGATIVE_INFINITY, Math.max);
}

function fold(name: string, v: unknown, start: number, step: (total: number, n: number) => number): unknown {
  if (!Array.isArray(v)) return noOverload(name, v);
  const over = charge(v.length);
  if (over !== undefined) return over;
  let total = start;
  for (const item of v) {
    if (!isNumeric(item)) return noOverload(name, item);
    total = step(total, Number(item));
  }
  return total;
}
