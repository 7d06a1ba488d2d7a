import type { Event } from '../../event/event.js';
import type { Taken } from '../matcher.js';

/**
 * A set of partial matches, as an arena of shared nodes in place of the matches themselves (the union lists
 * of CORE's tECS, Bucchi et al., "CORE: a Complex Event Recognition Engine", VLDB 2022): all that end with
 * `event` after one of `previous`, and all of `alternative`. Without an event the node joins two sets.
 * Immutable for the matcher, so sets share their parts; only pruning cuts what is out of time for ever.
 */
export class Branch {
  /** Latest first event of all its partial matches, epoch ms: the whole branch is out of time when that is. */
  latest: number;

  constructor(
    readonly event: Event | undefined,
    /** -1 without an event. */
    readonly step: number,
    public previous: Branch | undefined,
    public alternative: Branch | undefined,
  ) {
    this.latest = alternative === undefined ? this.ownLatest : Math.max(this.ownLatest, alternative.latest);
  }

  /** Latest first event of those that end with `event`. */
  get ownLatest(): number {
    return this.previous === undefined ? (this.event as Event).time : this.previous.latest;
  }
}

export function union(a: Branch, b: Branch | undefined): Branch {
  return b === undefined ? a : new Branch(undefined, -1, a, b);
}

/** The first node whose own part is in time; undefined when the whole set is out of time. */
export function inTime(branch: Branch | undefined, cutoff: number): Branch | undefined {
  let at = branch;
  while (at !== undefined && at.ownLatest <= cutoff) at = at.alternative;
  return at;
}

/** The nodes of the sets that are in time, each once. */
export function reachable(sets: Iterable<Branch | undefined>, cutoff: number): Set<Branch> {
  const found = new Set<Branch>();
  const stack: Branch[] = [];
  const add = (branch: Branch | undefined): void => {
    if (branch === undefined || branch.latest <= cutoff || found.has(branch)) return;
    found.add(branch);
    stack.push(branch);
  };
  for (const set of sets) add(set);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    add(node.alternative);
    if (node.ownLatest > cutoff) add(node.previous);
  }
  return found;
}

/** Cuts off what is out of time, so that it can be collected. */
export function cut(nodes: Iterable<Branch>, cutoff: number): void {
  for (const node of nodes) {
    node.alternative = inTime(node.alternative, cutoff);
    if (node.previous !== undefined && node.ownLatest > cutoff) node.previous = inTime(node.previous, cutoff);
  }
}

/** First events after `after` and not after `until`, epoch ms. */
export interface Starts {
  readonly after: number;
  readonly until: number;
}

/** Paths of a set, from the last event backwards; kept for the next use. */
const suffix: Taken[] = [];
const nodes: Branch[] = [];
const depths: number[] = [];

/**
 * Calls `visit` with each path of the set whose first event is after `after` and not after `until`, until it
 * says false. `tail` ends every path. Work: the paths' lengths, and the nodes between.
 */
export function enumerate(
  set: Branch | undefined,
  tail: Taken | undefined,
  { after, until }: Starts,
  visit: (path: Taken[]) => boolean,
): void {
  const start = tail === undefined ? 0 : 1;
  if (tail !== undefined) suffix[0] = tail;
  if (set === undefined) {
    if (tail !== undefined) visit([tail]);
    return;
  }
  nodes.push(set);
  depths.push(start);
  while (nodes.length > 0) {
    const node = nodes.pop() as Branch;
    const depth = depths.pop() as number;
    if (node.alternative !== undefined && node.alternative.latest > after) {
      nodes.push(node.alternative);
      depths.push(depth);
    }
    if (node.ownLatest <= after) continue;
    if (node.event !== undefined) suffix[depth] = node as Taken;
    const length = node.event === undefined ? depth : depth + 1;
    if (node.previous !== undefined) {
      nodes.push(node.previous);
      depths.push(length);
    } else if (node.ownLatest <= until && !visit(reversed(length))) {
      nodes.length = depths.length = 0;
    }
  }
  suffix.length = 0;
}

function reversed(length: number): Taken[] {
  const path = new Array<Taken>(length);
  for (let i = 0; i < length; i++) path[i] = suffix[length - 1 - i];
  return path;
}

/** How many paths `enumerate` would give, without going through them: each node once. */
export function pathsIn(set: Branch | undefined, tail: Taken | undefined, { after, until }: Starts): number {
  if (set === undefined) return tail === undefined ? 0 : 1;
  const counts = new Map<Branch, number>();
  const stack = [set];
  const known = (next: Branch | undefined): boolean => next === undefined || next.latest <= after || counts.has(next);
  while (stack.length > 0) {
    const node = stack[stack.length - 1];
    const { previous, alternative } = node;
    if (!known(previous)) stack.push(previous as Branch);
    else if (!known(alternative)) stack.push(alternative as Branch);
    else {
      stack.pop();
      const first = previous === undefined && node.ownLatest > after && node.ownLatest <= until ? 1 : 0;
      const own = previous === undefined ? first : (counts.get(previous) ?? 0);
      counts.set(node, own + (alternative === undefined ? 0 : (counts.get(alternative) ?? 0)));
    }
  }
  return counts.get(set) as number;
}
