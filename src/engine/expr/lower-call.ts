import type { Expr, Expr_Call } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js';
import { CelError } from '../event/cel-error.js';
import { nearest } from '../problem/problem.js';
import { checkTypes } from './check-types.js';
import { FUNCTIONS, type FunctionSpec, functionNames, MACROS, METHODS, NAMESPACED, NAMESPACES, OPERATORS } from './functions.js';
import type { Lowering } from './lower.js';
import { lowerInList, lowerLookup } from './lower-list.js';
import { lowerBind, lowerPairs } from './lower-macro.js';
import { isBound, lowerHas, member } from './lower-name.js';
import type { Constant, Node, NodeType } from './node.js';
import { compileRegex } from './runtime/regex.js';

/** Operators, functions, methods and the functions of `math`. */
export function lowerCall(to: Lowering, expr: Expr, call: Expr_Call): Node {
  const { function: name, args, target } = call;
  switch (name) {
    case '_&&_':
    case '_||_':
      return logic(to, expr, name, to.lower(args[0]), to.lower(args[1]));
    case '_?_:_':
      return condition(to, args);
    case 'has':
      if (target === undefined) return lowerHas(to, expr, args);
  }
  if (target === undefined && name === '@in') {
    const named = lowerInList(to, args);
    if (named !== undefined) return named;
  }
  if (target === undefined && (name === 'list' || name === 'lookup')) return lowerLookup(to, expr, name, args);
  const space = target === undefined ? undefined : namespaceOf(to, target);
  if (space === 'cel' && name === 'bind') return lowerBind(to, expr, args);
  if (space !== undefined && NAMESPACES.has(space)) return apply(to, expr, `${space}.${name}`, NAMESPACED.get(`${space}.${name}`), args);
  const pairs = target === undefined ? undefined : lowerPairs(to, name, target, args);
  if (pairs !== undefined) return pairs;
  if (target !== undefined) return apply(to, expr, name, METHODS.get(name), [target, ...args], true);
  return apply(to, expr, name, OPERATORS.get(name) ?? FUNCTIONS.get(name), args);
}

/** A name before a dot that may be a namespace. */
function namespaceOf(to: Lowering, target: Expr): string | undefined {
  const kind = target.exprKind;
  return kind.case === 'identExpr' && !isBound(to, kind.value.name) ? kind.value.name : undefined;
}

function logic(to: Lowering, expr: Expr, name: string, left: Node, right: Node): Node {
  checkTypes(to, expr, name, [left, right]);
  return { op: 'logic', and: name === '_&&_', left, right, type: 'boolean' };
}

function condition(to: Lowering, args: readonly Expr[]): Node {
  const [test, yes, no] = args.map((arg) => to.lower(arg));
  return { op: 'cond', test, yes, no, type: yes.type === no.type ? yes.type : 'any' };
}

function apply(to: Lowering, expr: Expr, name: string, spec: FunctionSpec | undefined, args: readonly Expr[], method = false): Node {
  if (spec === undefined) return unknownFunction(to, expr, name, args, method);
  const nodes = args.map((arg) => to.lower(arg));
  if (args.length < spec.min || args.length > spec.max) {
    const self = method ? 1 : 0;
    const counts = spec.min === spec.max ? `${spec.min - self}` : `${spec.min - self} to ${spec.max - self}`;
    return to.problem(expr, 'wrong-argument-count', `${name}() takes ${counts} arguments`, {
      found: String(args.length - self),
      expected: counts,
    });
  }
  checkTypes(to, expr, name, nodes);
  return special(to, expr, spec, nodes, args) ?? { op: 'call', run: spec.run, args: nodes, type: resultType(spec, nodes) };
}

/** Calls with a shorter way when an argument is known. */
function special(to: Lowering, expr: Expr, spec: FunctionSpec, nodes: readonly Node[], args: readonly Expr[]): Node | undefined {
  const second = nodes[1];
  if (spec.run === 'index' && second.op === 'const' && typeof second.value === 'string' && nodes[0].type === 'event') {
    return member(to, args[1], nodes[0], second.value);
  }
  if (spec.run === 'matches' && second.op === 'const' && typeof second.value === 'string') return regex(to, expr, nodes[0], second.value);
  if (spec.run === 'within' && second.op === 'list') return inSet(nodes[0], second.items);
  return undefined;
}

function regex(to: Lowering, expr: Expr, text: Node, pattern: string): Node {
  const compiled = compileRegex(pattern);
  if (compiled instanceof CelError)
    return to.problem(expr, 'invalid-regex', compiled.message, { found: pattern.slice(0, 80), expected: 'RE2 syntax' });
  return { op: 'regex', text, pattern, type: 'boolean' };
}

function inSet(item: Node, items: readonly Node[]): Node | undefined {
  const set: Constant[] = [];
  for (const node of items) {
    if (node.op !== 'const' || (typeof node.value !== 'string' && typeof node.value !== 'number') || Number.isNaN(node.value))
      return undefined;
    set.push(node.value);
  }
  return { op: 'inSet', item, set, type: 'boolean' };
}

function resultType(spec: FunctionSpec, nodes: readonly Node[]): NodeType {
  const [of] = nodes;
  if (of.type === 'events' && (spec.run === 'first' || spec.run === 'last' || spec.run === 'index')) return 'event';
  if (spec.run === 'add' && of.type === nodes[1].type && of.type !== 'event' && of.type !== 'object') return of.type;
  return spec.type;
}

function unknownFunction(to: Lowering, expr: Expr, name: string, args: readonly Expr[], method: boolean): Node {
  const usage = MACROS.get(name);
  if (usage !== undefined && method) return to.problem(expr, 'wrong-argument-count', `${name} is used as ${usage}`, { expected: usage });
  for (const arg of args) to.lower(arg);
  if (to.scope.unchecked) return { op: 'error', message: `unbound function: ${name}`, type: 'any' };
  return to.problem(expr, 'unknown-function', `unknown function '${name}'`, { found: name, suggestion: suggestion(name, method) });
}

function suggestion(name: string, method: boolean): string | undefined {
  if (method && FUNCTIONS.has(name)) return `${name}(x)`;
  if (!method && METHODS.has(name)) return `x.${name}(…)`;
  const full = [...NAMESPACED.keys()].find((known) => known.endsWith(`.${name}`));
  return full ?? nearest(name, functionNames());
}
