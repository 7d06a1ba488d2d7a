import type { Event } from '../../event/event.js';
import type { MatcherLimits, MatchOutput } from '../matcher.js';
import { type Branch, reachable, union } from './branch.js';
import { countMatches } from './carry.js';
import { type Arena, type CompactState, prune, settle } from './state.js';

/** dropOldest makes room for this share of a limit, so that it need not be done at every event. */
const ROOM = 0.1;

/** Counts an event that was just taken; over a limit, what began first is given up, or what took the event. */
export function keepWithin(state: CompactState, event: Event, limits: MatcherLimits = {}, out: MatchOutput): void {
  count(state, event);
  if (reached(state, limits) === undefined && state.keptEvents <= state.recountAt) return;
  prune(state);
  const limit = reached(state, limits);
  if (limit === undefined) return;
  const before = countMatches(state.sets, state.cutoff);
  if (!dropsOldest(limits)) for (const [number, set] of state.sets.entries()) state.sets[number] = without(set, event);
  else if (!moveCutoff(state, cutoffToFit(state.sets, state.cutoff, limits), event)) state.sets.fill(undefined);
  prune(state);
  settle(state);
  out.limitReached(limit, before - countMatches(state.sets, state.cutoff));
}

/** False: all go. The cutoff stays before the newest event, since more may begin at its time. */
export function moveCutoff(arena: Arena, cutoff: number, newest: Event): boolean {
  arena.cutoff = Math.min(cutoff, newest.time - 1);
  return cutoff < newest.time;
}

export function dropsOldest({ onLimit = 'dropOldest' }: MatcherLimits): boolean {
  return onLimit === 'dropOldest';
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

/** How far the cutoff must move forward until the rest fits. */
export function cutoffToFit(
  sets: Iterable<Branch | undefined>,
  cutoff: number,
  { keptEvents = Infinity, keptBytes = Infinity }: MatcherLimits,
): number {
  const firsts: number[] = [];
  for (const { event, previous } of reachable(sets, cutoff)) {
    if (event !== undefined && previous === undefined && event.time > cutoff) firsts.push(event.time);
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
  return firsts[low];
}

/** The set without the partial matches that end with the event. */
export function without(set: Branch | undefined, event: Event): Branch | undefined {
  const kept: Branch[] = [];
  let rest = set;
  // What took the event stands before what was there, among what moved on without it.
  for (; rest !== undefined && (rest.event === undefined || rest.event === event); rest = rest.alternative) {
    const { previous } = rest;
    if (rest.event === undefined && previous?.event !== event) kept.push(previous as Branch);
  }
  return kept.reduceRight((others, part) => union(part, others), rest);
}

function measure(sets: Iterable<Branch | undefined>, cutoff: number): { events: number; bytes: number } {
  const events = new Set<Event>();
  for (const node of reachable(sets, cutoff)) if (node.event !== undefined && node.ownLatest > cutoff) events.add(node.event);
  let bytes = 0;
  for (const { size } of events) bytes += size;
  return { events: events.size, bytes };
}
