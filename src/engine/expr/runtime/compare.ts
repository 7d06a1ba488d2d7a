import { charge } from './budget.js';
import { notAType } from './types.js';
import {
  CelDuration,
  CelTimestamp,
  type CelMap,
  CelType,
  isError,
  isMap,
  isNumeric,
  mapGet,
  mapKeys,
  noOverload,
  plain,
} from './values.js';

/** ==; an error on either side passes on. Values of different types are unequal. */
export function eq(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') return a === b;
  if (typeof a === 'string' && typeof b === 'string') return a === b;
  if (isError(a)) return a;
  if (isError(b)) return b;
  if (a instanceof CelType || b instanceof CelType) return notAType(a, b) ?? a === b;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return same(a, b);
  const equal = same(a, b);
  return charge(0) ?? equal;
}

export function ne(a: unknown, b: unknown): unknown {
  const equal = eq(a, b);
  return typeof equal === 'boolean' ? !equal : equal;
}

/** Equality of two values that are no errors. */
export function same(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  const a = plain(left);
  const b = plain(right);
  // Loose equality compares a BigInt and a double mathematically.
  // biome-ignore lint/suspicious/noDoubleEquals: exact across number and bigint
  if (isNumeric(a) && isNumeric(b)) return a == b;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && charge(a.length) === undefined && a.every((item, i) => same(item, b[i]));
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.nanos === b.nanos;
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanos === b.nanos;
  return isMap(a) && isMap(b) && sameMap(a, b);
}

function sameMap(a: CelMap, b: CelMap): boolean {
  const keys = mapKeys(a);
  return (
    keys.length === mapKeys(b).length &&
    charge(keys.length) === undefined &&
    keys.every((key) => {
      const other = mapGet(b, key);
      return other !== undefined && same(mapGet(a, key), other);
    })
  );
}

export function lt(a: unknown, b: unknown): unknown {
  return typeof a === 'number' && typeof b === 'number' ? a < b : ordered('_<_', a, b, (c) => c < 0);
}

export function le(a: unknown, b: unknown): unknown {
  return typeof a === 'number' && typeof b === 'number' ? a <= b : ordered('_<=_', a, b, (c) => c <= 0);
}

export function gt(a: unknown, b: unknown): unknown {
  return typeof a === 'number' && typeof b === 'number' ? a > b : ordered('_>_', a, b, (c) => c > 0);
}

export function ge(a: unknown, b: unknown): unknown {
  return typeof a === 'number' && typeof b === 'number' ? a >= b : ordered('_>=_', a, b, (c) => c >= 0);
}

function ordered(name: string, a: unknown, b: unknown, test: (c: number) => boolean): unknown {
  const c = compare(a, b);
  return c === undefined ? noOverload(name, a, b) : test(c);
}

/** Negative, zero, positive; NaN where a NaN is compared; undefined for values that have no order. */
export function compare(a: unknown, b: unknown): number | undefined {
  if (isNumeric(a) && isNumeric(b)) {
    if (a < b) return -1;
    // biome-ignore lint/suspicious/noDoubleEquals: exact across number and bigint
    return a > b ? 1 : a == b ? 0 : Number.NaN;
  }
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return sign(a.nanos - b.nanos);
  if (a instanceof CelDuration && b instanceof CelDuration) return sign(a.nanos - b.nanos);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
  return undefined;
}

function sign(n: bigint): number {
  return n < 0n ? -1 : n > 0n ? 1 : 0;
}

/** By code point, as CEL orders strings: surrogates come after U+E000 to U+FFFF. */
function compareText(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xSurrogate = x >= 0xd800 && x <= 0xdfff;
    return xSurrogate === (y >= 0xd800 && y <= 0xdfff) || Math.min(x, y) < 0xd800 ? x - y : xSurrogate ? 1 : -1;
  }
  return a.length - b.length;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
