import type { MatcherLimits, MatchOutput } from '../matcher.js';
import { removeWhere } from './heap.js';
import { type Completed, isRun, type Link, type Ranked, type Run, type RunsState } from './run.js';

/** dropOldest makes room for this share of a limit, so that it need not be done at every event. */
const ROOM = 0.1;

/** Walks paths, each link once, and counts the events and bytes that it had not met before. */
class Measure {
  readonly #links = new Set<Link>();
  readonly #events = new Set<number>();
  bytes = 0;

  get events(): number {
    return this.#events.size;
  }

  add(last: Link): void {
    for (let link: Link | undefined = last; link !== undefined && !this.#links.has(link); link = link.previous) {
      this.#links.add(link);
      if (this.#events.has(link.sequence)) continue;
      this.#events.add(link.sequence);
      this.bytes += link.event.size;
    }
  }
}

/** Counts exactly what a state keeps. O(links). */
export function measure(state: RunsState): void {
  const measured = new Measure();
  for (const run of state.runs) if (isRun(run)) measured.add(run.last);
  for (const match of state.completed) measured.add(match.last);
  state.keptEvents = measured.events;
  state.keptBytes = measured.bytes;
}

/**
 * Keeps the counts near the truth: exact when nothing is open, and again whenever they have doubled, so
 * that counting costs no more than taking the events did.
 */
export function recount(state: RunsState): void {
  if (state.runs.length <= 1 && state.completed.length === 0) {
    state.keptEvents = state.keptBytes = 0;
    state.recountAt = 0;
  } else if (state.keptEvents > state.recountAt) {
    measure(state);
    state.recountAt = 2 * state.keptEvents + 16;
  }
}

/** Brings a state back under the bounds on what is kept, after an event. */
export function enforceKept(state: RunsState, limits: MatcherLimits, out: MatchOutput): void {
  if (reached(state, limits) === undefined) return;
  measure(state);
  const limit = reached(state, limits);
  if (limit === undefined) return;
  const dropped = (limits.onLimit ?? 'dropOldest') === 'dropOldest' ? dropOldest(state, limits) : dropNewest(state);
  measure(state);
  out.limitReached(limit, dropped);
}

function reached(state: RunsState, { keptEvents = Infinity, keptBytes = Infinity }: MatcherLimits): 'keptEvents' | 'keptBytes' | undefined {
  if (state.keptEvents > keptEvents) return 'keptEvents';
  return state.keptBytes > keptBytes ? 'keptBytes' : undefined;
}

function dropOldest(state: RunsState, { keptEvents = Infinity, keptBytes = Infinity }: MatcherLimits): number {
  const holders: (Run | Completed)[] = [...state.runs.filter(isRun), ...state.completed].sort((a, b) => b.first - a.first);
  const measured = new Measure();
  const over = holders.find(({ last }) => {
    measured.add(last);
    return measured.events > keptEvents * (1 - ROOM) || measured.bytes > keptBytes * (1 - ROOM);
  });
  // Partial matches with the same first event go or stay together: a loop's branches share its events.
  return over === undefined ? 0 : remove(state, ({ first }) => first <= over.first);
}

function dropNewest(state: RunsState): number {
  const newest = state.sequence - 1;
  return remove(state, (holder) => (holder as Run | Completed).last.sequence === newest);
}

function remove(state: RunsState, gone: (holder: Ranked) => boolean): number {
  return removeWhere(state.runs, (run) => isRun(run) && gone(run)) + removeWhere(state.completed, gone);
}
