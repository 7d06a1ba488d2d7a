import { computeKeyGroupForKeyHash, computeOperatorIndexForKeyGroup, hashCode } from '../../engine/state/key-group-range-assignment.js';
import { identify } from '../../engine/state/keyed/key-identity.js';
import type { Partitioner } from '../../engine/stream/graph/stream-graph.js';

/** Which subtasks of the next operator an element goes to, by index. */
export type Route = (value: unknown, key: unknown) => readonly number[];

export interface RouteContext {
  readonly subtask: number;
  readonly parallelism: number;
  readonly targets: number;
  readonly maxParallelism: number;
}

/** The targets that a subtask may send to, and how it chooses among them. */
export interface Routing {
  readonly reachable: readonly number[];
  readonly route: Route;
}

export function routingOf(partitioner: Partitioner, context: RouteContext): Routing {
  const { subtask, parallelism, targets, maxParallelism } = context;
  const all = Array.from({ length: targets }, (_, index) => index);
  switch (partitioner.kind) {
    case 'forward':
      return parallelism === targets ? inTurn([subtask], 0) : inTurn(all, subtask);
    case 'rebalance':
      return inTurn(all, subtask);
    case 'rescale':
      return inTurn(neighbours(subtask, parallelism, targets), 0);
    case 'shuffle':
      return { reachable: all, route: () => [all[Math.floor(Math.random() * targets)]] };
    case 'broadcast':
      return { reachable: all, route: () => all };
    case 'global':
      return { reachable: [0], route: () => [0] };
    case 'hash':
      return { reachable: all, route: (_value, key) => [subtaskOfKey(key, targets, maxParallelism)] };
    case 'custom':
      return { reachable: all, route: (value) => [checked(partitioner.select(value, targets), targets)] };
  }
}

export function subtaskOfKey(key: unknown, parallelism: number, maxParallelism: number): number {
  if (parallelism === 1) return 0;
  const group = computeKeyGroupForKeyHash(hashCode(identify(key)), maxParallelism);
  return computeOperatorIndexForKeyGroup(maxParallelism, parallelism, group);
}

function inTurn(reachable: readonly number[], start: number): Routing {
  if (reachable.length === 1) return { reachable, route: () => reachable };
  let next = start;
  return { reachable, route: () => [reachable[next++ % reachable.length]] };
}

/** The targets that lie beside a subtask: one or several of them for each, or one for several. */
function neighbours(subtask: number, parallelism: number, targets: number): number[] {
  const first = Math.floor((subtask * targets) / parallelism);
  const last = Math.max(Math.ceil(((subtask + 1) * targets) / parallelism) - 1, first);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function checked(target: number, targets: number): number {
  if (Number.isInteger(target) && target >= 0 && target < targets) return target;
  throw new RangeError(`a partitioner gave subtask ${target} of ${targets}`);
}
