import type { Event } from '../../event/event.js';
import type { MatcherLimits, MatchOutput } from '../matcher.js';
import { type Branch, inTime, reachable } from './branch.js';
import { type CompactState, prune, settle } from './state.js';

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
  event.keep();
  state.keptEvents++;
  state.keptBytes += event.raw.length;
  if (reached(state, limits) === undefined && state.keptEvents <= state.recountAt) return;
  prune(state);
  const limit = reached(state, limits);
  if (limit === undefined) return;
  if ((limits.onLimit ?? 'dropOldest') === 'dropOldest') {
    out.limitReached(limit, dropOldest(state, limits));
    return;
  }
  state.sets = [...before];
  settle(state);
  prune(state);
  out.limitReached(limit, 1);
}

function reached(state: CompactState, { keptEvents = Infinity, keptBytes = Infinity }: MatcherLimits) {
  if (state.keptEvents > keptEvents) return 'keptEvents';
  return state.keptBytes > keptBytes ? 'keptBytes' : undefined;
}

/** Moves the cutoff forward until the rest fits; the number of first events given up. */
function dropOldest(state: CompactState, { keptEvents = Infinity, keptBytes = Infinity }: MatcherLimits): number {
  const firsts: number[] = [];
  for (const { event, previous } of reachable(state.sets, state.cutoff)) {
    if (event !== undefined && previous === undefined && event.time > state.cutoff) firsts.push(event.time);
  }
  firsts.sort((a, b) => a - b);
  let low = 0;
  let high = firsts.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { events, bytes } = measure(state.sets, firsts[middle]);
    if (events <= keptEvents * (1 - ROOM) && bytes <= keptBytes * (1 - ROOM)) high = middle;
    else low = middle + 1;
  }
  state.cutoff = firsts[low];
  settle(state);
  prune(state);
  return firsts.findLastIndex((time) => time <= state.cutoff) + 1;
}

function measure(sets: readonly (Branch | undefined)[], cutoff: number): { events: number; bytes: number } {
  const events = new Set<Event>();
  for (const node of reachable(
    sets.map((set) => inTime(set, cutoff)),
    cutoff,
  )) {
    if (node.event !== undefined && node.ownLatest > cutoff) events.add(node.event);
  }
  let bytes = 0;
  for (const { raw } of events) bytes += raw.length;
  return { events: events.size, bytes };
}
