import { CelError } from '../../event/cel-error.js';
import { compare } from './compare.js';
import { isNumeric, noOverload } from './values.js';

/** Mean radius of the Earth in metres (IUGG). */
const EARTH = 6_371_008.8;

function unary(name: string, f: (n: number) => number): (v: unknown) => unknown {
  return (v) => (isNumeric(v) ? f(Number(v)) : noOverload(name, v));
}

export const abs = unary('math.abs', Math.abs);
export const ceil = unary('math.ceil', Math.ceil);
export const floor = unary('math.floor', Math.floor);
export const trunc = unary('math.trunc', Math.trunc);
export const sqrt = unary('math.sqrt', Math.sqrt);
export const sign = unary('math.sign', Math.sign);
/** Halves away from zero, as CEL's math.round; Math.round rounds them up. */
export const round = unary('math.round', (n) => Math.sign(n) * Math.round(Math.abs(n)));

export function isNaN(v: unknown): unknown {
  return isNumeric(v) ? Number.isNaN(Number(v)) : noOverload('math.isNaN', v);
}

export function isInf(v: unknown): unknown {
  return isNumeric(v) ? Math.abs(Number(v)) === Number.POSITIVE_INFINITY : noOverload('math.isInf', v);
}

export function isFinite(v: unknown): unknown {
  return isNumeric(v) ? Number.isFinite(Number(v)) : noOverload('math.isFinite', v);
}

export function greatest(...args: readonly unknown[]): unknown {
  return extreme('math.greatest', args, 1);
}

export function least(...args: readonly unknown[]): unknown {
  return extreme('math.least', args, -1);
}

/** Of the arguments, or of the one list; exact for BigInts. */
function extreme(name: string, args: readonly unknown[], direction: 1 | -1): unknown {
  const items = args.length === 1 && Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  if (items.length === 0) return new CelError(`${name} of an empty list`);
  let best = items[0];
  for (const item of items) {
    if (!isNumeric(item)) return noOverload(name, item);
    if ((compare(item, best) ?? 0) * direction > 0) best = item;
  }
  return best;
}

/** Great-circle distance in metres between two points in degrees (haversine formula, spherical Earth). */
export function geoDistance(lat1: unknown, lon1: unknown, lat2: unknown, lon2: unknown): unknown {
  if (!isNumeric(lat1) || !isNumeric(lon1) || !isNumeric(lat2) || !isNumeric(lon2))
    return noOverload('geoDistance', lat1, lon1, lat2, lon2);
  const rad = Math.PI / 180;
  const [p1, p2] = [Number(lat1) * rad, Number(lat2) * rad];
  const dp = Math.sin((p2 - p1) / 2);
  const dl = Math.sin(((Number(lon2) - Number(lon1)) * rad) / 2);
  const h = dp * dp + Math.cos(p1) * Math.cos(p2) * dl * dl;
  return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(h)));
}
