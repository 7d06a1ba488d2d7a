import type { Expr } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js';
import { nearest } from '../problem/problem.js';
import type { Lowering } from './lower.js';
import type { Node } from './node.js';

/** `x in list("name")`; undefined when the right side is no call of list. */
export function lowerInList(to: Lowering, [item, container]: readonly Expr[]): Node | undefined {
  const kind = container.exprKind;
  if (kind.case !== 'callExpr' || kind.value.function !== 'list' || kind.value.target !== undefined) return undefined;
  const node = to.lower(item);
  const list = listName(to, container, 'list', kind.value.args, 1);
  return typeof list === 'string' ? { op: 'inList', item: node, list, type: 'boolean' } : list;
}

/** lookup("name", key); list("name") where it may not stand. */
export function lowerLookup(to: Lowering, expr: Expr, name: string, args: readonly Expr[]): Node {
  if (name === 'list') {
    return to.problem(expr, 'wrong-argument-count', 'a named list can only be asked for a member', { expected: 'x in list("name")' });
  }
  const list = listName(to, expr, name, args, 2);
  return typeof list === 'string' ? { op: 'lookup', list, key: to.lower(args[1]), type: 'any' } : list;
}

/** Names are literal, so that it is known beforehand which lists a rule reads. */
function listName(to: Lowering, expr: Expr, name: string, args: readonly Expr[], count: number): string | Node {
  const usage = name === 'list' ? 'x in list("name")' : 'lookup("name", key)';
  const constant = args[0]?.exprKind.case === 'constExpr' ? args[0].exprKind.value.constantKind : undefined;
  if (args.length !== count || constant?.case !== 'stringValue')
    return to.problem(expr, 'wrong-argument-count', `${name} is used as ${usage}, with the name as a literal text`, { expected: usage });
  const known = to.scope.lists;
  if (known === undefined || known.includes(constant.value)) return constant.value;
  return to.problem(args[0], 'unknown-list', `there is no list '${constant.value}'`, {
    found: constant.value,
    suggestion: nearest(constant.value, known),
  });
}
