import type { Expr } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js';
import type { Lowering } from './lower.js';
import type { Node, NodeType } from './node.js';

const COMPARED = new Set(['_==_', '_!=_']);
const ORDERED = new Set(['_<_', '_<=_', '_>_', '_>=_']);
const ARITHMETIC = new Set(['_-_', '_*_', '_/_', '_%_', '-_']);
const LOGIC = new Set(['_&&_', '_||_', '!_']);

/** How messages call the types. */
const NAMES: Readonly<Record<NodeType, string>> = {
  double: 'a number',
  string: 'a string',
  boolean: 'true or false',
  list: 'a list',
  object: 'an object',
  null: 'null',
  event: 'an event',
  events: 'a list of events',
  any: 'anything',
};

/**
 * With a schema, operators whose operands evidently never fit are problems; without one, conditions
 * stay as dynamic as the events are.
 */
export function checkTypes(to: Lowering, at: Expr, name: string, nodes: readonly Node[]): void {
  if (to.scope.fields === undefined) return;
  const types = nodes.map((node) => family(node.type));
  const wrong = expectation(name, types);
  if (wrong === undefined) return;
  to.problem(at, 'type-mismatch', wrong, { found: nodes.map((node) => NAMES[node.type]).join(' and ') });
}

/** Events are compared as objects, lists of events as lists. */
function family(type: NodeType): NodeType {
  return type === 'event' ? 'object' : type === 'events' ? 'list' : type;
}

function expectation(name: string, types: readonly NodeType[]): string | undefined {
  const known = types.filter((type) => type !== 'any');
  const differ = known.length === 2 && known[0] !== known[1];
  if (COMPARED.has(name)) return differ && !known.includes('null') ? 'values of different types are never equal' : undefined;
  if (ORDERED.has(name))
    return differ || known.some((t) => t === 'null' || t === 'list' || t === 'object') ? 'values of these types have no order' : undefined;
  if (ARITHMETIC.has(name)) return known.some((t) => t !== 'double') ? 'arithmetic needs numbers' : undefined;
  if (LOGIC.has(name)) return known.some((t) => t !== 'boolean') ? 'logic needs true or false' : undefined;
  if (name === '_+_')
    return differ || known.some((t) => t === 'null' || t === 'boolean' || t === 'object') ? 'these cannot be added' : undefined;
  return undefined;
}
