import type { Node } from './node.js';
import { childrenOf } from './reads.js';

const CHEAP_OPS = new Set<Node['op']>([
  'const',
  'event',
  'field',
  'fieldOrType',
  'type',
  'step',
  'steps',
  'value',
  'hasField',
  'hasStep',
  'logic',
  'cond',
  'inSet',
  'inList',
  'select',
]);
const CHEAP_CALLS = new Set(['sub', 'mul', 'div', 'neg', 'not', 'lt', 'le', 'gt', 'ge']);
const OF_STEP = new Set(['first', 'last', 'size']);

/** Does an expression never charge the budget (runtime/budget.ts)? Its evaluation then need not begin one. */
export function isCheap(node: Node): boolean {
  const cheap = node.op === 'call' ? isCheapCall(node) : CHEAP_OPS.has(node.op);
  return cheap && childrenOf(node).every(isCheap);
}

function isCheapCall({ run, args }: Node & { op: 'call' }): boolean {
  if (CHEAP_CALLS.has(run)) return true;
  if (OF_STEP.has(run)) return args[0].op === 'steps';
  // Equality with a scalar looks into no list or map.
  return (run === 'eq' || run === 'ne') && args.some((arg) => arg.op === 'const' && !(arg.value instanceof Uint8Array));
}
