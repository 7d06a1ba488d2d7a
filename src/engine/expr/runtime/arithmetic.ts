import { CelError } from '../../event/cel-error.js';
import { charge } from './budget.js';
import { CelDuration, CelTimestamp, isNumeric, MAX_LIST, MAX_TEXT, noOverload } from './values.js';
import { makeDuration, makeTimestamp } from './time-range.js';

/** Numbers are doubles here: a BigInt from an event is converted. */
export function add(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (isNumeric(a) && isNumeric(b)) return Number(a) + Number(b);
  if (typeof a === 'string' && typeof b === 'string') {
    const length = a.length + b.length;
    return length > MAX_TEXT ? tooLong() : (charge(length / 8) ?? a + b);
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    const length = a.length + b.length;
    return length > MAX_LIST ? tooLong() : (charge(length * 4) ?? [...a, ...b]);
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return joinBytes(a, b);
  if (a instanceof CelDuration && b instanceof CelDuration) return makeDuration(a.nanos + b.nanos);
  if (a instanceof CelTimestamp && b instanceof CelDuration) return makeTimestamp(a.nanos + b.nanos);
  if (a instanceof CelDuration && b instanceof CelTimestamp) return makeTimestamp(a.nanos + b.nanos);
  return noOverload('_+_', a, b);
}

export function sub(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (isNumeric(a) && isNumeric(b)) return Number(a) - Number(b);
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return makeDuration(a.nanos - b.nanos);
  if (a instanceof CelTimestamp && b instanceof CelDuration) return makeTimestamp(a.nanos - b.nanos);
  if (a instanceof CelDuration && b instanceof CelDuration) return makeDuration(a.nanos - b.nanos);
  return noOverload('_-_', a, b);
}

export function mul(a: unknown, b: unknown): unknown {
  return isNumeric(a) && isNumeric(b) ? Number(a) * Number(b) : noOverload('_*_', a, b);
}

/** Double division: by zero is an infinity or NaN (IEEE 754). */
export function div(a: unknown, b: unknown): unknown {
  return isNumeric(a) && isNumeric(b) ? Number(a) / Number(b) : noOverload('_/_', a, b);
}

export function mod(a: unknown, b: unknown): unknown {
  return isNumeric(a) && isNumeric(b) ? Number(a) % Number(b) : noOverload('_%_', a, b);
}

export function neg(a: unknown): unknown {
  return isNumeric(a) ? -Number(a) : noOverload('-_', a);
}

export function tooLong(): CelError {
  return new CelError(`a string may have ${MAX_TEXT} characters, a list ${MAX_LIST} items`);
}

function joinBytes(a: Uint8Array, b: Uint8Array): unknown {
  if (a.length + b.length > MAX_TEXT) return tooLong();
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
