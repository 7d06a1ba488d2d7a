import { type Branch, cut, inTime, reachable } from './branch.js';

/** What every state of sets says of them. */
export interface Arena {
  /** Partial matches whose first event is at or before are out of time, epoch ms. */
  cutoff: number;
  /** No partial match began before, none after: bounds, epoch ms. Infinity and -Infinity when none is open. */
  earliest: number;
  latest: number;
  /** At least as many events and bytes as are kept; exact when last counted. */
  keptEvents: number;
  keptBytes: number;
  /** Count again beyond this many events. */
  recountAt: number;
}

/** All that changes while a pattern runs over one key's events. */
export interface CompactState extends Arena {
  /** By number of the state: the partial matches that wait there. */
  readonly sets: (Branch | undefined)[];
}

/** Fewer events than this are not worth a walk over the arena. */
const SMALL = 64;

export function emptyState(states: number): CompactState {
  return { sets: new Array<Branch | undefined>(states).fill(undefined), ...emptyArena() };
}

export function emptyArena(): Arena {
  return { cutoff: -Infinity, earliest: Infinity, latest: -Infinity, keptEvents: 0, keptBytes: 0, recountAt: SMALL };
}

/** Nothing is open any more. */
export function clear(arena: Arena): void {
  arena.earliest = Infinity;
  arena.latest = -Infinity;
  arena.keptEvents = arena.keptBytes = 0;
  arena.recountAt = SMALL;
}

/** After sets or the cutoff changed: forgets sets that are out of time, and all when none is left. */
export function settle(state: CompactState): void {
  const { sets, cutoff } = state;
  let latest = -Infinity;
  let only: Branch | undefined;
  let left = 0;
  for (let i = 0; i < sets.length; i++) {
    const set = sets[i];
    if (set === undefined) continue;
    if (set.latest <= cutoff) sets[i] = undefined;
    else {
      only = set;
      left++;
      if (set.latest > latest) latest = set.latest;
    }
  }
  state.latest = latest;
  if (left === 0) clear(state);
  // One event that takes the place of another is no walk over the arena worth: a deadline moves with each.
  else if (left === 1 && state.earliest < latest && isOnePath(only)) state.earliest = latest;
}

function isOnePath(set: Branch | undefined): boolean {
  let at = set;
  while (at !== undefined && at.event !== undefined && at.alternative === undefined) at = at.previous;
  return at === undefined;
}

/**
 * Cuts off what is out of time and counts what is kept. O(nodes); done when the count has doubled, so that it
 * costs no more than taking the events did.
 */
export function prune(state: CompactState): void {
  const { sets, cutoff } = state;
  for (let i = 0; i < sets.length; i++) sets[i] = inTime(sets[i], cutoff);
  survey(state, sets);
}

/** The same for sets whose own heads are in time. */
export function survey(arena: Arena, sets: Iterable<Branch | undefined>): void {
  const { cutoff } = arena;
  const nodes = reachable(sets, cutoff);
  cut(nodes, cutoff);
  const events = new Set<unknown>();
  arena.keptBytes = 0;
  arena.earliest = Infinity;
  for (const { event, previous, ownLatest } of nodes) {
    if (event === undefined || ownLatest <= cutoff) continue;
    if (previous === undefined) arena.earliest = Math.min(arena.earliest, event.time);
    if (events.has(event)) continue;
    events.add(event);
    arena.keptBytes += event.size;
  }
  arena.keptEvents = events.size;
  arena.recountAt = 2 * events.size + SMALL;
}
