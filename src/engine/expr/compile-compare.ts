import type { CodeWriter } from './compile.js';
import type { Node } from './node.js';
import type { RuntimeName } from './runtime/index.js';

const EQUALITY: Readonly<Record<string, string>> = { eq: '===', ne: '!==' };
const ORDER: Readonly<Record<string, string>> = { lt: '<', le: '<=', gt: '>', ge: '>=' };
const FLIPPED: Readonly<Record<string, RuntimeName>> = { eq: 'eq', ne: 'ne', lt: 'gt', le: 'ge', gt: 'lt', ge: 'le' };

/**
 * A comparison with a literal tests the other side's type in place and compares there; everything else is left to the
 * general function. V8 inlines this to a few machine instructions and makes no polymorphic call of it.
 */
export function compareCode(to: CodeWriter, run: RuntimeName, [left, right]: readonly Node[]): string | undefined {
  if (!Object.hasOwn(FLIPPED, run)) return undefined;
  if (right.op === 'const') return withLiteral(to, run, left, right);
  return left.op === 'const' ? withLiteral(to, FLIPPED[run], right, left) : undefined;
}

function withLiteral(to: CodeWriter, run: RuntimeName, other: Node, literal: Node & { op: 'const' }): string | undefined {
  const type = typeof literal.value;
  const operator = EQUALITY[run] ?? (type === 'number' ? ORDER[run] : undefined);
  if (operator === undefined || (type !== 'number' && type !== 'string' && type !== 'boolean')) return undefined;
  const [t, value] = [to.temporary(), to.literal(literal.value)];
  // The general function sees the field or the type; the fast way only the field.
  const [first, general] = other.op === 'fieldOrType' ? [other.field, to.fieldOrType(other.field.name, t)] : [other, t];
  return `(typeof(${t}=${to.code(first)})==="${type}"?${t}${operator}${value}:${run}(${general},${value}))`;
}
