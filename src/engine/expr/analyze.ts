/**
 * What a condition looks at, as data: for matchers that keep less than whole partial matches and for an index
 * over many rules' conditions. Works on the checked expression (stage 2); costs one walk.
 */
import type { Node } from './node.js';
import { type Reads, readsOf, type StepRead } from './reads.js';

export type ComparisonOp = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** A literal that fields are compared with; numbers are doubles, never NaN. */
export type Literal = null | boolean | number | string;

/** A field of an earlier step's event. */
export interface StepField {
  /** Index in ExpressionScope.steps. */
  readonly step: number;
  readonly at: 'only' | 'first' | 'last';
  readonly field: string;
}

/**
 * One of the conditions that `&&` joins. `field` is a top-level field of the current event and stands on the
 * left (`1 > amount` is given as `amount < 1`). Comparison means that of CEL: a number is equal to a BigInt of
 * the same value, values of different types are unequal, and have no order (an error); a missing field is an error.
 */
export type Conjunct =
  | { readonly kind: 'literal'; readonly field: string; readonly op: ComparisonOp; readonly literal: Literal }
  | { readonly kind: 'in'; readonly field: string; readonly set: readonly (string | number)[] }
  | { readonly kind: 'step'; readonly field: string; readonly op: ComparisonOp; readonly with: StepField }
  | { readonly kind: 'other'; readonly reads: Reads };

/** The analysis of one condition. */
export interface ConditionAnalysis {
  /** The condition is true exactly when each of these is; it is false when one of these is false, error or not in the others. */
  readonly conjuncts: readonly Conjunct[];
  /** Of the whole condition. A step reads its own loop when its own number is among `reads.steps`. */
  readonly reads: Reads;
  /** Looks at the current event and at named lists alone, which do not change while it is worked on: one evaluation serves all partial matches. */
  readonly eventOnly: boolean;
}

const OPS: Readonly<Record<string, ComparisonOp>> = { eq: '==', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=' };
const FLIPPED: Readonly<Record<ComparisonOp, ComparisonOp>> = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

export function analyze(node: Node): ConditionAnalysis {
  const reads = readsOf(node);
  const conjuncts: Conjunct[] = [];
  collect(node, conjuncts);
  return { conjuncts, reads, eventOnly: reads.steps.length === 0 && !reads.values };
}

function collect(node: Node, into: Conjunct[]): void {
  if (node.op === 'logic' && node.and) {
    collect(node.left, into);
    collect(node.right, into);
  } else into.push(conjunctOf(node) ?? { kind: 'other', reads: readsOf(node) });
}

/** A comparison of a field that can be given as data. */
export function conjunctOf(node: Node): Conjunct | undefined {
  if (node.op === 'inSet') {
    const field = currentField(node.item);
    return field === undefined ? undefined : { kind: 'in', field, set: node.set as readonly (string | number)[] };
  }
  if (node.op !== 'call' || !Object.hasOwn(OPS, node.run)) return undefined;
  const op = OPS[node.run];
  const [left, right] = node.args;
  return comparison(left, op, right) ?? comparison(right, FLIPPED[op], left);
}

function comparison(left: Node, op: ComparisonOp, right: Node): Conjunct | undefined {
  const field = currentField(left);
  if (field === undefined) return undefined;
  if (right.op === 'const') {
    const { value } = right;
    return value instanceof Uint8Array || Number.isNaN(value) ? undefined : { kind: 'literal', field, op, literal: value };
  }
  const other = right.op === 'field' ? stepField(right) : undefined;
  return other === undefined ? undefined : { kind: 'step', field, op, with: other };
}

function currentField(node: Node): string | undefined {
  if (node.op === 'fieldOrType') return node.field.name;
  return node.op === 'field' && node.of.op === 'event' ? node.name : undefined;
}

/** s.x, first(s).x, last(s).x */
function stepField(node: Node & { op: 'field' }): StepField | undefined {
  const [read, ...more] = readsOf(node).steps;
  return more.length === 0 && read?.field !== undefined && isSingle(read.at)
    ? { step: read.step, at: read.at, field: read.field }
    : undefined;
}

function isSingle(at: StepRead['at']): at is StepField['at'] {
  return at === 'only' || at === 'first' || at === 'last';
}
