/** An expression taken apart for people: what it demands one after the other, and what it reads. */
import { lowerExpression } from './front.js';
import type { Node } from './node.js';
import { childrenOf } from './reads.js';
import { skipOpaque } from './scan.js';
import { DEFAULT_LIMITS, type ExpressionScope } from './scope.js';

/** `a && b && c` as its parts; anything else is one part. Brackets around a part go. */
export function conjunctsOf(text: string): string[] {
  const inner = withoutBrackets(text.trim());
  const ands: number[] = [];
  let depth = 0;
  for (let i = 0; i < inner.length; i++) {
    const after = skipOpaque(inner, i);
    if (after > i) i = after - 1;
    else if ('([{'.includes(inner[i])) depth++;
    else if (')]}'.includes(inner[i])) depth--;
    else if (depth === 0 && (inner[i] === '?' || inner.startsWith('||', i))) return [inner];
    else if (depth === 0 && inner.startsWith('&&', i)) ands.push(i++);
  }
  if (ands.length === 0) return [inner];
  const cuts = [-2, ...ands, inner.length];
  return cuts.slice(1).flatMap((end, index) => conjunctsOf(inner.slice(cuts[index] + 2, end)));
}

/** The text without a pair of brackets around all of it. */
function withoutBrackets(text: string): string {
  if (!text.startsWith('(') || !text.endsWith(')')) return text;
  let depth = 0;
  for (let i = 0; i < text.length - 1; i++) {
    const after = skipOpaque(text, i);
    if (after > i) i = after - 1;
    else if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0) return text;
  }
  return depth === 1 ? withoutBrackets(text.slice(1, -1).trim()) : text;
}

/** The fields of events that an expression reads, each as an expression; of a list of events its size. Empty when it cannot be read. */
export function readTexts(source: string, scope: ExpressionScope): string[] {
  const node = lowerExpression(source, scope, { ...DEFAULT_LIMITS, maxLength: Infinity });
  const reads = new Set<string>();
  if (!Array.isArray(node)) collect(node, scope, reads);
  return [...reads];
}

function collect(node: Node, scope: ExpressionScope, reads: Set<string>): void {
  const path = pathOf(node, scope);
  if (path !== undefined) return void reads.add(path);
  if (node.op === 'steps' || node.op === 'hasStep') reads.add(`size(${nameOf(scope, node.step)})`);
  for (const part of childrenOf(node)) collect(part, scope, reads);
}

/** `amount`, `small.amount`, `address.city`: a field however deep; undefined for anything else. */
function pathOf(node: Node, scope: ExpressionScope): string | undefined {
  if (node.op === 'hasField') return pathOf(node.field, scope);
  if (node.op === 'select') {
    const of = pathOf(node.of, scope);
    return of === undefined ? undefined : memberOf(of, node.name);
  }
  if (node.op === 'value') return scope.values?.[node.index];
  if (node.op !== 'field') return undefined;
  const earlier = earlierEvent(node.of, scope);
  if (earlier !== undefined) return memberOf(earlier, node.name);
  if (node.of.op !== 'event') return undefined;
  const hidden = scope.steps.some((step) => step?.name === node.name) || node.name === 'event';
  return hidden || !isIdentifier(node.name) ? memberOf('event', node.name) : node.name;
}

/** `small`, `first(small)`, `small[0]`: one event that was taken before. */
function earlierEvent(node: Node, scope: ExpressionScope): string | undefined {
  if (node.op === 'step') return node.name;
  if (node.op !== 'call' || node.args[0]?.op !== 'steps') return undefined;
  const [list, at] = node.args;
  const name = nameOf(scope, list.step);
  if (node.run === 'first' || node.run === 'last') return `${node.run}(${name})`;
  return node.run === 'index' && at.op === 'const' ? `${name}[${String(at.value)}]` : undefined;
}

function memberOf(of: string, name: string): string {
  return isIdentifier(name) ? `${of}.${name}` : `${of}[${JSON.stringify(name)}]`;
}

function isIdentifier(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

function nameOf(scope: ExpressionScope, step: number): string {
  return scope.steps[step]?.name ?? '';
}
