import type { Expr, Expr_Comprehension } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js';
import type { Lowering } from './lower.js';
import type { Node } from './node.js';

/** The parser expands macros with one variable; their parts are taken out of the expansion again. */
export function lowerMacro(to: Lowering, expr: Expr, c: Expr_Comprehension): Node {
  const range = to.lower(c.iterRange);
  const depth = to.locals.length;
  to.locals.push({ name: c.iterVar, type: range.type === 'events' ? 'event' : 'any' });
  const node = expanded(to, to.parsed.macroOf(expr.id), range, depth, argsOf(c.loopStep));
  to.locals.pop();
  return node ?? to.problem(expr, 'cel-syntax', 'not a macro');
}

function expanded(to: Lowering, name: string | undefined, range: Node, depth: number, args: readonly Expr[]): Node | undefined {
  switch (name) {
    case 'all':
    case 'exists':
      return { op: 'macro', macro: name, range, depth, test: to.lower(args[1]), type: 'boolean' };
    case 'exists_one':
    case 'existsOne':
      return { op: 'macro', macro: 'existsOne', range, depth, test: to.lower(args[0]), type: 'boolean' };
    case 'filter': {
      const type = range.type === 'events' ? 'events' : 'list';
      return { op: 'macro', macro: 'filterMap', range, depth, test: to.lower(args[0]), type };
    }
    case 'map':
      return mapMacro(to, range, depth, args);
    default:
      return undefined;
  }
}

/** map(x, f): result + [f]. map(x, p, f): p ? result + [f] : result. */
function mapMacro(to: Lowering, range: Node, depth: number, args: readonly Expr[]): Node {
  const conditional = args.length === 3;
  const appended = conditional ? argsOf(args[1])[1] : args[1];
  const test = conditional ? to.lower(args[0]) : undefined;
  const step = to.lower(appended.exprKind.case === 'listExpr' ? appended.exprKind.value.elements[0] : undefined);
  return { op: 'macro', macro: 'filterMap', range, depth, test, step, type: step.type === 'event' ? 'events' : 'list' };
}

function argsOf(expr: Expr | undefined): readonly Expr[] {
  return expr?.exprKind.case === 'callExpr' ? expr.exprKind.value.args : [];
}

/** By macro with two variables: how many arguments may follow them. */
const PAIRS: Readonly<Record<string, readonly number[]>> = {
  all: [1],
  exists: [1],
  existsOne: [1],
  exists_one: [1],
  transformList: [1, 2],
  transformMap: [1, 2],
};

/** x.all(i, v, …) and the like (CEL's two-variable comprehensions); undefined for any other call. */
export function lowerPairs(to: Lowering, name: string, target: Expr, args: readonly Expr[]): Node | undefined {
  const first = variable(args[0]);
  const second = variable(args[1]);
  if (first === undefined || second === undefined || !Object.hasOwn(PAIRS, name) || !PAIRS[name].includes(args.length - 2))
    return undefined;
  const range = to.lower(target);
  const depth = to.locals.length;
  to.locals.push({ name: first, type: 'any' }, { name: second, type: range.type === 'events' ? 'event' : 'any' });
  const parts = args.slice(2).map((arg) => to.lower(arg));
  to.locals.length = depth;
  return pairsNode(name, range, depth, parts);
}

function pairsNode(name: string, range: Node, depth: number, parts: readonly Node[]): Node {
  if (name === 'all' || name === 'exists') return { op: 'macro', macro: name, range, depth, pairs: true, test: parts[0], type: 'boolean' };
  if (name === 'existsOne' || name === 'exists_one')
    return { op: 'macro', macro: 'existsOne', range, depth, pairs: true, test: parts[0], type: 'boolean' };
  const test = parts.length > 1 ? parts[0] : undefined;
  const value = parts[parts.length - 1];
  if (name === 'transformList') return { op: 'macro', macro: 'filterMap', range, depth, pairs: true, test, step: value, type: 'list' };
  const step: Node = { op: 'list', items: [{ op: 'local', depth, type: 'any' }, value], type: 'list' };
  const pairs: Node = { op: 'macro', macro: 'filterMap', range, depth, pairs: true, test, step, type: 'list' };
  return { op: 'call', run: 'mapOf', args: [pairs], type: 'object' };
}

/** cel.bind(x, value, expression): the value is computed once. */
export function lowerBind(to: Lowering, expr: Expr, args: readonly Expr[]): Node {
  const name = variable(args[0]);
  if (name === undefined || args.length !== 3) {
    const usage = 'cel.bind(x, value, expression)';
    return to.problem(expr, 'wrong-argument-count', `cel.bind is used as ${usage}`, { expected: usage });
  }
  const value = to.lower(args[1]);
  const depth = to.locals.length;
  to.locals.push({ name, type: value.type });
  const body = to.lower(args[2]);
  to.locals.pop();
  return { op: 'bind', depth, value, body, type: body.type };
}

function variable(expr: Expr | undefined): string | undefined {
  return expr?.exprKind.case === 'identExpr' ? expr.exprKind.value.name : undefined;
}
