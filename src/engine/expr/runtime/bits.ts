import { CelError } from '../../event/cel-error.js';
import { isNumeric, noOverload } from './values.js';

/** Bit operations on whole numbers as 64-bit integers in two's complement; shifts fill with zeros (CEL's math extension). */
function whole(v: unknown): bigint | undefined {
  if (typeof v === 'bigint') return BigInt.asIntN(64, v);
  return typeof v === 'number' && Number.isSafeInteger(v) ? BigInt(v) : undefined;
}

/** A double where it is exact. */
function numberOf(n: bigint): number | bigint {
  const signed = BigInt.asIntN(64, n);
  return BigInt(Number(signed)) === signed ? Number(signed) : signed;
}

function binary(name: string, f: (a: bigint, b: bigint) => bigint): (a: unknown, b: unknown) => unknown {
  return (a, b) => {
    const [x, y] = [whole(a), whole(b)];
    return x === undefined || y === undefined ? noOverload(name, a, b) : numberOf(f(x, y));
  };
}

function shift(name: string, f: (a: bigint, by: bigint) => bigint): (a: unknown, by: unknown) => unknown {
  return (a, by) => {
    const x = whole(a);
    if (x === undefined || !isNumeric(by)) return noOverload(name, a, by);
    const bits = whole(by);
    if (bits === undefined || bits < 0n) return new CelError(`${name}: not a number of bits: ${by}`);
    return bits > 63n ? 0 : numberOf(f(BigInt.asUintN(64, x), bits));
  };
}

export const bitAnd = binary('math.bitAnd', (a, b) => a & b);
export const bitOr = binary('math.bitOr', (a, b) => a | b);
export const bitXor = binary('math.bitXor', (a, b) => a ^ b);
export const bitShiftLeft = shift('math.bitShiftLeft', (a, by) => a << by);
export const bitShiftRight = shift('math.bitShiftRight', (a, by) => a >> by);

export function bitNot(a: unknown): unknown {
  const x = whole(a);
  return x === undefined ? noOverload('math.bitNot', a) : numberOf(~x);
}
