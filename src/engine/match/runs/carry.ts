import type { StateMapping } from '../../nfa/index.js';
import { SharedPaths } from '../carry.js';
import type { Carried, PartialMatch } from '../matcher.js';
import { push, removeWhere } from './heap.js';
import { measure } from './limits.js';
import { type Completed, isRun, link, type Link, type Ranked, type RunsState, START } from './run.js';
import { makeRun } from './successors.js';

/**
 * A state in another version of the automaton. Order, numbers and shared beginnings stay as they are, so a version
 * in which every place maps goes on exactly as the old one would have. O(links).
 */
export function carryState(state: RunsState, { states, steps }: StateMapping, finalState: number): Carried<RunsState> {
  const links = new Links(steps);
  const runs = [...state.runs];
  const completed = [...state.completed];
  const dropped =
    removeWhere(runs, (run) => isRun(run) && (states[run.state] === undefined || !links.has(run.last))) +
    removeWhere(completed, ({ last }) => states[finalState] === undefined || !links.has(last));
  const carried: RunsState = {
    runs: runs.map((run): Ranked => {
      if (!isRun(run)) return START;
      return makeRun(states[run.state] as number, links.of(run.last) as Link, run.first, run.startTime);
    }),
    completed: completed.map(({ first, last, endTime }): Completed => ({ first, last: links.of(last) as Link, endTime })),
    time: state.time,
    sequence: state.sequence,
    keptEvents: 0,
    keptBytes: 0,
    recountAt: 0,
  };
  measure(carried);
  return { state: carried, carried: runs.length - 1 + completed.length, dropped };
}

/** A state of partial matches that were kept in another way: there nothing skips, so the order of ties means nothing. */
export function adoptMatches(matches: readonly PartialMatch[]): RunsState {
  const events = new Set(matches.flatMap(({ path }) => path.map(({ event }) => event)));
  const sequences = new Map([...events].sort((a, b) => a.time - b.time).map((event, sequence) => [event, sequence]));
  const paths = new SharedPaths<Link>(({ event, step }, previous) => link(event, step, sequences.get(event) as number, previous));
  const runs: Ranked[] = [];
  for (const { state, path } of matches)
    push(runs, makeRun(state, paths.of(path), sequences.get(path[0].event) as number, path[0].event.time));
  push(runs, START);
  const state: RunsState = { runs, completed: [], time: -Infinity, sequence: sequences.size, keptEvents: 0, keptBytes: 0, recountAt: 0 };
  measure(state);
  return state;
}

/** Links with the step numbers of the new version; undefined where a step is gone. */
class Links {
  readonly #moved = new Map<Link, Link | undefined>();

  constructor(readonly steps: StateMapping['steps']) {}

  has(old: Link): boolean {
    return this.of(old) !== undefined;
  }

  of(old: Link): Link | undefined {
    const fresh: Link[] = [];
    for (let at: Link | undefined = old; at !== undefined && !this.#moved.has(at); at = at.previous) fresh.push(at);
    for (const one of fresh.reverse()) this.#moved.set(one, this.#move(one));
    return this.#moved.get(old);
  }

  /** The link before has been moved. */
  #move({ event, step, sequence, previous }: Link): Link | undefined {
    const number = this.steps[step];
    const before = previous === undefined ? undefined : this.#moved.get(previous);
    const isBroken = number === undefined || (previous !== undefined && before === undefined);
    return isBroken ? undefined : link(event, number, sequence, before);
  }
}
