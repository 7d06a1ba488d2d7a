import { computeKeyGroupForKeyHash, computeOperatorIndexForKeyGroup, hashCode } from '../../engine/state/key-group-range-assignment.js';
import { identify } from '../../engine/state/keyed/key-identity.js';
import { targetsOf } from '../../engine/stream/graph/execution-graph.js';
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
  const reachable = targetsOf(partitioner.kind, subtask, parallelism, targets);
  return { reachable, route: routeOf(partitioner, reachable, subtask, maxParallelism) };
}

function routeOf(partitioner: Partitioner, reachable: readonly number[], subtask: number, maxParallelism: number): Route {
  const targets = reachable.length;
  switch (partitioner.kind) {
    case 'forward':
    case 'rebalance':
      return inTurn(reachable, subtask);
    case 'rescale':
      return inTurn(reachable, 0);
    case 'shuffle':
      return () => [reachable[Math.floor(Math.random() * targets)]];
    case 'broadcast':
    case 'global':
      return () => reachable;
    case 'hash':
      return (_value, key) => [subtaskOfKey(key, targets, maxParallelism)];
    case 'custom':
      return (value) => [checked(partitioner.select(value, targets), targets)];
  }
}

export function subtaskOfKey(key: unknown, parallelism: number, maxParallelism: number): number {
  if (parallelism === 1) return 0;
  const group = computeKeyGroupForKeyHash(hashCode(identify(key)), maxParallelism);
  return computeOperatorIndexForKeyGroup(maxParallelism, parallelism, group);
}

function inTurn(reachable: readonly number[], start: number): Route {
  if (reachable.length === 1) return () => reachable;
  let next = start;
  return () => [reachable[next++ % reachable.length]];
}

function checked(target: number, targets: number): number {
  if (Number.isInteger(target) && target >= 0 && target < targets) return target;
  throw new RangeError(`a partitioner gave subtask ${target} of ${targets}`);
}
