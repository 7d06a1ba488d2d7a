import { CelError } from '../../event/cel-error.js';
import { decodeUtf8 } from '../../event/json-reader.js';
import { durationText, parseDurationText, parseTimestamp, timestampText } from './time-text.js';
import { CelDuration, CelTimestamp, isNumeric, noOverload } from './values.js';

const NANOS = 1_000_000_000n;
const INTEGER = /^[+-]?\d{1,19}$/;
const DOUBLE = /^\s*[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)\s*$/;
const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '+Infinity': Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  Inf: Number.POSITIVE_INFINITY,
  '+Inf': Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
};
const TRUE = new Set(['1', 't', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'false', 'FALSE', 'False']);

/** A whole number: doubles lose their fraction, text and timestamps (seconds) stay exact. */
export function int(v: unknown): unknown {
  if (typeof v === 'bigint') return v;
  if (typeof v === 'number') return Math.abs(v) < 2 ** 63 ? Math.trunc(v) : new CelError(`int: ${v} is out of range`);
  if (v instanceof CelTimestamp) return Number((v.nanos - (((v.nanos % NANOS) + NANOS) % NANOS)) / NANOS);
  if (typeof v !== 'string') return noOverload('int', v);
  if (!INTEGER.test(v)) return new CelError(`int: not a whole number: ${JSON.stringify(v.slice(0, 40))}`);
  return exactInteger(BigInt(v.replace('+', '')));
}

function exactInteger(n: bigint): unknown {
  if (n !== BigInt.asIntN(64, n)) return new CelError(`int: ${n} is out of range`);
  return BigInt(Number(n)) === n ? Number(n) : n;
}

export function double(v: unknown): unknown {
  if (isNumeric(v)) return Number(v);
  if (typeof v !== 'string') return noOverload('double', v);
  if (Object.hasOwn(WORDS, v)) return WORDS[v];
  return DOUBLE.test(v) ? Number(v) : new CelError(`double: not a number: ${JSON.stringify(v.slice(0, 40))}`);
}

export function string(v: unknown): unknown {
  if (typeof v === 'string') return v;
  if (typeof v === 'number') return numberText(v);
  if (typeof v === 'bigint' || typeof v === 'boolean') return String(v);
  if (v instanceof CelTimestamp) return timestampText(v);
  if (v instanceof CelDuration) return durationText(v);
  return v instanceof Uint8Array ? bytesText(v) : noOverload('string', v);
}

/** CEL writes infinities as Go does. */
function numberText(n: number): string {
  return Math.abs(n) === Number.POSITIVE_INFINITY ? (n > 0 ? '+Inf' : '-Inf') : String(n);
}

function bytesText(v: Uint8Array): unknown {
  try {
    return decodeUtf8(v);
  } catch {
    return new CelError('string: the bytes are not valid UTF-8');
  }
}

export function bool(v: unknown): unknown {
  if (typeof v === 'boolean') return v;
  if (typeof v !== 'string') return noOverload('bool', v);
  return TRUE.has(v) ? true : FALSE.has(v) ? false : new CelError(`bool: neither true nor false: ${JSON.stringify(v.slice(0, 40))}`);
}

const encoder = new TextEncoder();

export function bytes(v: unknown): unknown {
  if (v instanceof Uint8Array) return v;
  return typeof v === 'string' ? encoder.encode(v) : noOverload('bytes', v);
}

/** From RFC 3339 text or seconds since the epoch. */
export function timestamp(v: unknown): unknown {
  if (v instanceof CelTimestamp) return v;
  return typeof v === 'string' || isNumeric(v) ? parseTimestamp(v) : noOverload('timestamp', v);
}

/** From text such as "1h30m", "250ms", "-1.5s", "1d". */
export function duration(v: unknown): unknown {
  if (v instanceof CelDuration) return v;
  return typeof v === 'string' ? parseDurationText(v) : noOverload('duration', v);
}

export function dyn(v: unknown): unknown {
  return v;
}
