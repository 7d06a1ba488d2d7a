import type { Expr } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js';
import { nearest } from '../problem/problem.js';
import type { Lowering } from './lower.js';
import type { Node } from './node.js';
import { typeNamed } from './runtime/types.js';

const EVENT: Node = { op: 'event', type: 'event' };

/** A bare name: a macro's variable, a step, a given value, `event`, else a field of the current event. */
export function lowerName(to: Lowering, expr: Expr, name: string): Node {
  const node = known(to, name);
  if (node !== undefined) return node;
  if (typeNamed(name) === undefined || !isPlain(name)) return to.scope.event ? fieldOf(to, expr, EVENT, name) : unknownName(to, expr, name);
  const { event, fields } = to.scope;
  if (!event || (fields !== undefined && !Object.hasOwn(fields, name))) return { op: 'type', name, type: 'any' };
  const field = fieldOf(to, expr, EVENT, name);
  // The schema knows the field: it may still be missing, and then is an error as any other.
  return field.op !== 'field' || fields !== undefined ? field : { op: 'fieldOrType', field, type: 'any' };
}

function isPlain(name: string): boolean {
  return !name.includes('.');
}

/** google.protobuf.Timestamp and Duration as types; undefined for any other expression. */
export function typeOf(to: Lowering, expr: Expr): Node | undefined {
  const name = dotted(expr);
  if (name === undefined || isPlain(name) || typeNamed(name) === undefined || isBound(to, 'google')) return undefined;
  return { op: 'type', name, type: 'any' };
}

function dotted(expr: Expr | undefined): string | undefined {
  const kind = expr?.exprKind;
  if (kind?.case === 'identExpr') return kind.value.name;
  const of = kind?.case === 'selectExpr' && !kind.value.testOnly ? dotted(kind.value.operand) : undefined;
  return of === undefined || kind?.case !== 'selectExpr' ? undefined : `${of}.${kind.value.field}`;
}

function known(to: Lowering, name: string): Node | undefined {
  const depth = to.locals.findLastIndex((local) => local.name === name);
  if (depth >= 0) return { op: 'local', depth, type: to.locals[depth].type };
  const step = to.scope.steps.findIndex((s) => s?.name === name);
  if (step >= 0)
    return to.scope.steps[step]?.kind === 'many' ? { op: 'steps', step, type: 'events' } : { op: 'step', step, name, type: 'event' };
  const index = to.scope.values?.indexOf(name) ?? -1;
  if (index >= 0) return { op: 'value', index, type: 'any' };
  return name === 'event' && to.scope.event ? EVENT : undefined;
}

/** Whether a name means something other than a field: `math` then is no namespace. */
export function isBound(to: Lowering, name: string): boolean {
  return known(to, name) !== undefined;
}

function unknownName(to: Lowering, expr: Expr, name: string): Node {
  const names = [...to.locals.map((l) => l.name), ...to.scope.steps.flatMap((s) => (s ? [s.name] : [])), ...(to.scope.values ?? [])];
  const hint = name === 'event' ? 'there is no current event here' : `unknown name '${name}'`;
  return to.problem(expr, 'unknown-name', hint, {
    found: name,
    expected: names.length > 0 ? `one of ${names.slice(0, 20).join(', ')}` : undefined,
    suggestion: nearest(name, names),
  });
}

/** A top-level field of an event, checked against the schema. */
function fieldOf(to: Lowering, at: Expr, of: Node, name: string): Node {
  const schema = to.scope.fields;
  if (schema === undefined) return { op: 'field', of, name, type: 'any' };
  // Headers and keys of Kafka records are no part of the schema.
  if (name.startsWith('$')) return { op: 'field', of, name, type: 'any' };
  if (Object.hasOwn(schema, name)) return { op: 'field', of, name, type: schema[name] };
  const steps = to.scope.steps.flatMap((s) => (s ? [s.name] : []));
  return to.problem(at, 'field-unknown', `unknown field '${name}'`, {
    found: name,
    expected: `one of ${Object.keys(schema).slice(0, 20).join(', ')}`,
    suggestion: nearest(name, [...Object.keys(schema), ...(of === EVENT ? steps : [])]),
  });
}

/** a.name */
export function member(to: Lowering, at: Expr, of: Node, name: string): Node {
  return of.type === 'event' ? fieldOf(to, at, of, name) : { op: 'select', of, name, type: 'any' };
}

/** has(a.name) */
export function hasOf(to: Lowering, at: Expr, of: Node, name: string): Node {
  if (of.type !== 'event') return { op: 'hasKey', of, key: { op: 'const', value: name, type: 'string' }, type: 'boolean' };
  return { op: 'hasField', field: fieldOf(to, at, of, name), type: 'boolean' };
}

/** has(x) of a bare name, has(a[key]); the parser itself handles has(a.b). */
export function lowerHas(to: Lowering, expr: Expr, args: readonly Expr[]): Node {
  const kind = args.length === 1 ? args[0].exprKind : undefined;
  if (kind?.case === 'identExpr') return hasName(to, args[0], kind.value.name);
  if (kind?.case === 'callExpr' && kind.value.function === '_[_]') {
    const of = to.lower(kind.value.args[0]);
    const key = to.lower(kind.value.args[1]);
    return key.op === 'const' && typeof key.value === 'string'
      ? hasOf(to, kind.value.args[0], of, key.value)
      : { op: 'hasKey', of, key, type: 'boolean' };
  }
  return to.problem(expr, 'wrong-argument-count', 'has() takes one field', { expected: 'has(x), has(x.y) or has(x["y"])' });
}

function hasName(to: Lowering, at: Expr, name: string): Node {
  const node = lowerName(to, at, name);
  if (node.op === 'field') return { op: 'hasField', field: node, type: 'boolean' };
  if (node.op === 'fieldOrType') return { op: 'hasField', field: node.field, type: 'boolean' };
  if (node.op === 'step' || node.op === 'steps') return { op: 'hasStep', step: node.step, type: 'boolean' };
  return node.op === 'const' ? node : { op: 'const', value: true, type: 'boolean' };
}
