import type { StateMapping } from '../nfa/index.js';
import type { Carried, Matcher, PartialMatch, PatternMatcher } from './matcher.js';

/**
 * A key's state in the matcher of another version of its rule; `state` stays as it is. Where the representation
 * changes (a condition began to look at earlier events, or ceased to) partial matches are written out one by one.
 * Windows, and patterns without a mapping, have no place for what is open.
 */
export function carry<S, T>(from: Matcher<S>, state: S, to: Matcher<T>, mapping: StateMapping | undefined): Carried<T> {
  const open = countOpen(from, state);
  if (mapping === undefined || !isPatternMatcher(from) || !isPatternMatcher(to))
    return { state: to.createState(), carried: 0, dropped: open };
  if (from.representation === to.representation && from.carry !== undefined)
    return from.carry(state, mapping) as Carried<unknown> as Carried<T>;
  const moved = from
    .partialMatches(state)
    .map((match) => move(match, mapping))
    .filter((match) => match !== undefined);
  return { state: to.adopt(moved), carried: moved.length, dropped: open - moved.length };
}

/** Open partial matches, with those that wait for their turn, or open windows. */
export function countOpen<S>(matcher: Matcher<S>, state: S): number {
  return isPatternMatcher(matcher) ? matcher.countOpen(state) : matcher.describe(state).length;
}

function isPatternMatcher<S>(matcher: Matcher<S>): matcher is PatternMatcher<S> {
  return 'partialMatches' in matcher;
}

function move({ state, path }: PartialMatch, { states, steps }: StateMapping): PartialMatch | undefined {
  const target = states[state];
  if (target === undefined || path.some(({ step }) => steps[step] === undefined)) return undefined;
  return { state: target, path: path.map(({ step, event }) => ({ step: steps[step] as number, event })) };
}

/** Makes each beginning of a path once: matches that begin alike share it. */
export class SharedPaths<T> {
  readonly #after = new Map<T | undefined, Map<number, Map<PartialMatch['path'][number]['event'], T>>>();

  constructor(readonly make: (taken: PartialMatch['path'][number], previous: T | undefined) => T) {}

  /** What stands for the whole path, which is not empty. */
  of(path: PartialMatch['path']): T {
    let last: T | undefined;
    for (const taken of path) last = this.#next(last, taken);
    return last as T;
  }

  #next(previous: T | undefined, taken: PartialMatch['path'][number]): T {
    const bySteps = getOrMake(this.#after, previous, () => new Map<number, Map<PartialMatch['path'][number]['event'], T>>());
    const byEvent = getOrMake(bySteps, taken.step, () => new Map<PartialMatch['path'][number]['event'], T>());
    return getOrMake(byEvent, taken.event, () => this.make(taken, previous));
  }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}
