import type { Event } from '../../event/event.js';
import type { MatcherLimits, MatchOutput } from '../matcher.js';
import { type Branch, reachable } from './branch.js';
import { type Arena, type CompactState, prune, settle } from './state.js';

/** dropOldest makes room for this share of a limit, so that it need not be done at every event. */
const ROOM = 0.1;

/** Counts an event that was just taken; over a limit, what began first is given up, or the event itself. */
export function keepWithin(
  state: CompactState,
  event: Event,
  limits: MatcherLimits = {},
  before: readonly (Branch | undefined)[],
  out: MatchOutput,
): void {
  count(state, event);
  if (reached(state, limits) === undefined && state.keptEvents <= state.recountAt) return;
  prune(state);
  const limit = reached(state, limits);
  if (limit === undefined) return;
  if ((limits.onLimit ?? 'dropOldest') === 'dropOldest') {
    out.limitReached(limit, dropOldest(state, state.sets, limits));
    settle(state);
  } else {
    before.forEach((set, number) => {
      state.sets[number] = set;
    });
    settle(state);
    out.limitReached(limit, 1);
  }
  prune(state);
}

export function count(arena: Arena, event: Event): void {
  event.keep();
  arena.keptEvents++;
  arena.keptBytes += event.size;
}

export function reached(state: Arena, { keptEvents = Infinity, keptBytes = Infinity }: MatcherLimits) {
  if (state.keptEvents > keptEvents) return 'keptEvents';
  return state.keptBytes > keptBytes ? 'keptBytes' : undefined;
}

/** Moves the cutoff forward until the rest fits; the number of first events given up. */
export function dropOldest(
  arena: Arena,
  sets: Iterable<Branch | undefined>,
  { keptEvents = Infinity, keptBytes = Infinity }: MatcherLimits,
): number {
  const firsts: number[] = [];
  for (const { event, previous } of reachable(sets, arena.cutoff)) {
    if (event !== undefined && previous === undefined && event.time > arena.cutoff) firsts.push(event.time);
  }
  firsts.sort((a, b) => a - b);
  let low = 0;
  let high = firsts.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { events, bytes } = measure(sets, firsts[middle]);
    if (events <= keptEvents * (1 - ROOM) && bytes <= keptBytes * (1 - ROOM)) high = middle;
    else low = middle + 1;
  }
  arena.cutoff = firsts[low];
  return firsts.findLastIndex((time) => time <= arena.cutoff) + 1;
}

function measure(sets: Iterable<Branch | undefined>, cutoff: number): { events: number; bytes: number } {
  const events = new Set<Event>();
  for (const node of reachable(sets, cutoff)) if (node.event !== undefined && node.ownLatest > cutoff) events.add(node.event);
  let bytes = 0;
  for (const { size } of events) bytes += size;
  return { events: events.size, bytes };
}
