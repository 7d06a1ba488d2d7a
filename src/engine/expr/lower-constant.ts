import type { Constant as CelConstant, Expr } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js';
import type { Lowering } from './lower.js';
import type { Node } from './node.js';

const LARGEST = 2n ** 53n;

/** Literals; integers become doubles, those that a double may not hold are refused. */
export function lowerConstant(to: Lowering, expr: Expr, constant: CelConstant): Node {
  const kind = constant.constantKind;
  switch (kind.case) {
    case 'nullValue':
      return { op: 'const', value: null, type: 'null' };
    case 'boolValue':
      return { op: 'const', value: kind.value, type: 'boolean' };
    case 'stringValue':
      return { op: 'const', value: kind.value, type: 'string' };
    case 'bytesValue':
      return { op: 'const', value: kind.value, type: 'any' };
    case 'doubleValue':
      return { op: 'const', value: kind.value, type: 'double' };
    case 'int64Value':
      return integer(to, expr, kind.value);
    case 'uint64Value':
      return to.problem(expr, 'cel-unsupported', 'there are no unsigned integers: all numbers are doubles', {
        found: `${kind.value}u`,
        suggestion: String(kind.value),
      });
    default:
      return to.problem(expr, 'cel-syntax', 'not a literal');
  }
}

function integer(to: Lowering, expr: Expr, value: bigint): Node {
  if (value >= -LARGEST && value <= LARGEST) return { op: 'const', value: Number(value), type: 'double' };
  return to.problem(expr, 'integer-too-large', 'an integer literal beyond 2^53 would lose digits: write it as int("…")', {
    found: String(value).slice(0, 80),
    expected: 'between -9007199254740992 and 9007199254740992',
    suggestion: `int("${String(value).slice(0, 80)}")`,
  });
}
