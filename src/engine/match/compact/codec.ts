/**
 * A key's state as bytes. Nodes come after those they lead to:
 *   cutoff · nodes: count, (event + 1, step + 1, previous + 1, alternative + 1) each
 *   sets: count of those not empty, (state, node) each
 */
import type { Event } from '../../event/event.js';
import type { BinaryReader, BinaryWriter } from '../../state/binary.js';
import type { EventTable } from '../matcher.js';
import { Branch } from './branch.js';
import { type CompactState, emptyState, prune, settle } from './state.js';

export function writeState(state: CompactState, out: BinaryWriter, events: EventTable): void {
  prune(state);
  out.double(state.cutoff);
  const numbers = writeNodes(state.sets, out, events);
  out.uint(state.sets.filter((set) => set !== undefined).length);
  state.sets.forEach((set, number) => {
    if (set === undefined) return;
    out.uint(number);
    out.uint(numbers.get(set) as number);
  });
}

/** Gives the nodes' numbers. */
export function writeNodes(sets: Iterable<Branch | undefined>, out: BinaryWriter, events: EventTable): ReadonlyMap<Branch, number> {
  const numbers = numberNodes(sets);
  const at = (node: Branch | undefined): number => (node === undefined ? 0 : (numbers.get(node) as number) + 1);
  out.uint(numbers.size);
  for (const { event, step, previous, alternative } of numbers.keys()) {
    out.uint(event === undefined ? 0 : events.indexOf(event) + 1);
    out.uint(step + 1);
    out.uint(at(previous));
    out.uint(at(alternative));
  }
  return numbers;
}

/** Depth first with a stack of its own: a chain of alternatives may be as long as there are events. */
function numberNodes(sets: Iterable<Branch | undefined>): Map<Branch, number> {
  const numbers = new Map<Branch, number>();
  const stack = [...sets].filter((set) => set !== undefined);
  while (stack.length > 0) {
    const node = stack[stack.length - 1];
    const missing = [node.previous, node.alternative].filter((next) => next !== undefined && !numbers.has(next)) as Branch[];
    if (missing.length > 0) stack.push(...missing);
    else {
      stack.pop();
      if (!numbers.has(node)) numbers.set(node, numbers.size);
    }
  }
  return numbers;
}

export function readState(from: BinaryReader, events: readonly Event[], states: number): CompactState {
  const state = emptyState(states);
  state.cutoff = from.double();
  const nodes = readNodes(from, events);
  for (let left = from.uint(); left > 0; left--) {
    const number = from.uint();
    state.sets[number] = nodes[from.uint()];
  }
  settle(state);
  if (state.latest > -Infinity) prune(state);
  return state;
}

export function readNodes(from: BinaryReader, events: readonly Event[]): Branch[] {
  const nodes: Branch[] = [];
  for (let left = from.uint(); left > 0; left--) {
    const event = events[from.uint() - 1];
    const step = from.uint() - 1;
    const previous = nodes[from.uint() - 1];
    nodes.push(new Branch(event, step, previous, nodes[from.uint() - 1]));
  }
  return nodes;
}
