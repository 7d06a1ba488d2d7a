/** Conditions that can never hold, or always do. Judged on the checked expression: literals and pairs of comparisons of one field. */
import { CelError } from '../event/cel-error.js';
import { type ComparisonOp, type Conjunct, conjunctOf, type Literal } from './analyze.js';
import { lowerExpression } from './front.js';
import type { Node } from './node.js';
import { compare, same } from './runtime/compare.js';
import { runtime } from './runtime/index.js';
import { DEFAULT_LIMITS, type ExpressionLimits, type ExpressionProblem, type ExpressionScope } from './scope.js';

/** Of a longer chain of && or || the rest is not compared in pairs. */
const MAX_COMPARED = 200;

interface Verdict {
  readonly holds: 'always' | 'never';
  readonly reason: string;
}

/** Warnings `always-false` and `always-true` of a condition that has no problems; empty for one that has. */
export function conditionWarnings(source: string, scope: ExpressionScope, limits: ExpressionLimits = DEFAULT_LIMITS): ExpressionProblem[] {
  const node = lowerExpression(source, scope, limits);
  return Array.isArray(node) ? [] : warningsOf(node, scope, false);
}

function warningsOf(node: Node, scope: ExpressionScope, part: boolean): ExpressionProblem[] {
  const verdict = judge(node, scope);
  if (verdict !== undefined) {
    const what = part ? 'a part of the condition' : 'the condition';
    const always = verdict.holds === 'always';
    const message = `${what} is ${always ? 'always true' : 'never true'}: ${verdict.reason}`;
    return [{ code: always ? 'always-true' : 'always-false', message, position: 0 }];
  }
  return node.op === 'logic' ? partsOf(node, node.and).flatMap((inner) => warningsOf(inner, scope, true)) : [];
}

function judge(node: Node, scope: ExpressionScope): Verdict | undefined {
  const constant = fold(node);
  if (constant !== undefined) return judgeConstant(constant.value);
  if (node.op === 'logic') return judgeParts(partsOf(node, node.and), node.and, scope);
  if (node.op !== 'call' || node.run !== 'not') return undefined;
  const inner = judge(node.args[0], scope);
  return inner && { holds: inner.holds === 'always' ? 'never' : 'always', reason: inner.reason };
}

function judgeConstant(value: unknown): Verdict {
  if (value === true) return { holds: 'always', reason: 'it looks at no event' };
  return {
    holds: 'never',
    reason: value instanceof CelError ? value.message : value === false ? 'it looks at no event' : 'it gives no true or false',
  };
}

/** Operands of a chain of && or of ||. */
function partsOf(node: Node, and: boolean): Node[] {
  return node.op === 'logic' && node.and === and ? [...partsOf(node.left, and), ...partsOf(node.right, and)] : [node];
}

function judgeParts(parts: readonly Node[], and: boolean, scope: ExpressionScope): Verdict | undefined {
  const verdicts = parts.map((part) => judge(part, scope));
  const deciding = verdicts.find((verdict) => verdict?.holds === (and ? 'never' : 'always'));
  if (deciding !== undefined) return deciding;
  if (verdicts.every((verdict) => verdict !== undefined)) return verdicts[0];
  return judgePairs(
    parts.slice(0, MAX_COMPARED).flatMap((part) => conjunctOf(part) ?? []),
    and,
    scope,
  );
}

/** `a || b` always holds where `!a` and `!b` exclude each other. */
function judgePairs(comparisons: readonly Conjunct[], and: boolean, scope: ExpressionScope): Verdict | undefined {
  const meant = comparisons.map((each) => (and ? each : negated(each)));
  for (let i = 0; i < meant.length; i++) {
    for (let j = i + 1; j < meant.length; j++) {
      const [a, b] = [meant[i], meant[j]];
      if (a === undefined || b === undefined || !excludes(a, b)) continue;
      const both = [shown(comparisons[i], scope), shown(comparisons[j], scope)];
      if (and) return { holds: 'never', reason: `${both[0]} and ${both[1]} exclude each other` };
      return { holds: 'always', reason: `${both[0]} or ${both[1]} holds for every \`${fieldOf(a)}\`` };
    }
  }
  return undefined;
}

const FOLDED = new Set(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'add', 'sub', 'mul', 'div', 'mod', 'neg', 'not']);

/** The value of an expression of literals alone. */
function fold(node: Node): { value: unknown } | undefined {
  if (node.op === 'const') return { value: node.value };
  if (node.op !== 'call' || !FOLDED.has(node.run)) return undefined;
  const values: unknown[] = [];
  for (const arg of node.args) {
    const folded = fold(arg);
    if (folded === undefined) return undefined;
    values.push(folded.value);
  }
  return { value: (runtime[node.run] as (...args: unknown[]) => unknown)(...values) };
}

const NEGATED: Readonly<Record<ComparisonOp, ComparisonOp>> = { '==': '!=', '!=': '==', '<': '>=', '<=': '>', '>': '<=', '>=': '<' };

function negated(c: Conjunct): Conjunct | undefined {
  return c.kind === 'literal' || c.kind === 'step' ? { ...c, op: NEGATED[c.op] } : undefined;
}

/** By comparison: what the left side may be to the right one. `?` stands for values that have no order. */
const ALLOWS: Readonly<Record<ComparisonOp, string>> = { '==': '=', '!=': '<>?', '<': '<', '<=': '<=', '>': '>', '>=': '>=' };

/** Can two comparisons never hold at once? */
function excludes(a: Conjunct, b: Conjunct): boolean {
  if (a.kind === 'other' || b.kind === 'other' || a.field !== b.field) return false;
  if (a.kind === 'step' && b.kind === 'step') {
    const samePlace = a.with.step === b.with.step && a.with.at === b.with.at && a.with.field === b.with.field;
    return samePlace && ![...ALLOWS[a.op]].some((relation) => ALLOWS[b.op].includes(relation));
  }
  if (a.kind === 'step' || b.kind === 'step') return false;
  const some = valuesOf(a) ?? valuesOf(b);
  if (some !== undefined) return !some.some((value) => admits(a, value) && admits(b, value));
  return a.kind === 'literal' && b.kind === 'literal' && emptyRange(a, b);
}

type Bound = Conjunct & { kind: 'literal' };

/** The values that alone satisfy it, if they can be counted. */
function valuesOf(c: Bound | (Conjunct & { kind: 'in' })): readonly Literal[] | undefined {
  if (c.kind === 'in') return c.set;
  return c.op === '==' ? [c.literal] : undefined;
}

function admits(c: Bound | (Conjunct & { kind: 'in' }), value: Literal): boolean {
  if (c.kind === 'in') return c.set.some((item) => same(item, value));
  if (c.op === '==') return same(value, c.literal);
  return c.op === '!=' ? !same(value, c.literal) : ordered(value, c);
}

function ordered(value: Literal, { op, literal }: Bound): boolean {
  const c = compare(value, literal);
  if (c === undefined) return false;
  return op === '<' ? c < 0 : op === '<=' ? c <= 0 : op === '>' ? c > 0 : c >= 0;
}

/** A lower and an upper bound with nothing between, or bounds of two types. */
function emptyRange(a: Bound, b: Bound): boolean {
  if (a.op === '!=' || b.op === '!=') return false;
  const c = compare(a.literal, b.literal);
  if (c === undefined) return true;
  const [aUp, bUp] = [a.op.startsWith('<'), b.op.startsWith('<')];
  if (aUp === bUp) return false;
  const gap = aUp ? -c : c;
  return gap > 0 || (gap === 0 && (a.op.length === 1 || b.op.length === 1));
}

function fieldOf(c: Conjunct): string {
  return c.kind === 'other' ? '' : c.field;
}

function shown(c: Conjunct, { steps }: ExpressionScope): string {
  if (c.kind === 'literal') return `\`${c.field} ${c.op} ${JSON.stringify(c.literal)}\``;
  if (c.kind === 'in') return `\`${c.field} in ${JSON.stringify(c.set.slice(0, 10))}\``;
  if (c.kind === 'other') return '';
  const { step, at, field } = c.with;
  const name = steps[step]?.name ?? '';
  return `\`${c.field} ${c.op} ${at === 'only' ? name : `${at}(${name})`}.${field}\``;
}
