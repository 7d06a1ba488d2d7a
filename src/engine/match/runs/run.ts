import type { Event } from '../../event/event.js';
import type { Taken } from '../matcher.js';

/** One event taken, and those before it: paths that branch share their beginning. */
export interface Link extends Taken {
  /** Order in which events were taken first: equal for the same event, growing with time. */
  readonly sequence: number;
  readonly previous: Link | undefined;
}

/** What stands in a heap: ordered by the sequence number of its first event. */
export interface Ranked {
  readonly first: number;
}

/** A partial match: where it waits and what it took. Immutable, so branches and snapshots may share it. */
export interface Run extends Ranked {
  /** Number of the automaton's state. */
  readonly state: number;
  readonly last: Link;
  /** Time of the first event, epoch ms. */
  readonly startTime: number;
}

/** A match that waits until no earlier partial match is alive. */
export interface Completed extends Ranked {
  readonly last: Link;
  readonly endTime: number;
}

/** The place before the first step. It is always alive, takes part in the order, and comes last in it. */
export const START: Ranked = Object.freeze({ first: Infinity });

/** All that changes while a pattern runs over one key's events. */
export interface RunsState {
  /** Binary heap; START is one of them. */
  runs: Ranked[];
  /** Binary heap; only with a skip strategy. */
  completed: Completed[];
  /** To which time has moved last, epoch ms: events of one time do not move it again. */
  time: number;
  /** The sequence number of the next event taken. */
  sequence: number;
  /** At least as many events and bytes as are kept; exact when last counted. */
  keptEvents: number;
  keptBytes: number;
  /** Count again beyond this many events. */
  recountAt: number;
}

export function isRun(ranked: Ranked): ranked is Run {
  return ranked !== START;
}

/** The path to a link, first event first. */
export function pathTo(last: Link): Taken[] {
  const path: Taken[] = [];
  for (let link: Link | undefined = last; link !== undefined; link = link.previous) path.push(link);
  return path.reverse();
}

export function link(event: Event, step: number, sequence: number, previous: Link | undefined): Link {
  return { event, step, sequence, previous };
}
