/**
 * As compact, for conditions that also compare with single values of earlier events: the partial matches of a
 * state are in one set for each tuple of the values still needed. Where a condition can only be true for equal
 * values, the set is found by hash: cost per event then grows neither with the partial matches nor the groups.
 */
import type { Event } from '../../event/event.js';
import type { ExpressionTable } from '../../expr/index.js';
import type { Nfa } from '../../nfa/index.js';
import type { BinaryReader, BinaryWriter } from '../../state/binary.js';
import { SharedPaths } from '../carry.js';
import { BoundedMatches } from '../compact/bounded-matches.js';
import { Branch, enumerate, union } from '../compact/branch.js';
import { countMatches, partialMatches } from '../compact/carry.js';
import { readNodes, writeNodes } from '../compact/codec.js';
import { GuardEvaluator } from '../guard-evaluator.js';
import { count, cutoffToFit, dropsOldest, moveCutoff, reached, without } from '../compact/limits.js';
import { movesOf, type StateMoves } from '../compact/moves.js';
import type { EventTable, MatcherOptions, MatchOutput, OpenMatch, PartialMatch, PatternMatcher, Taken } from '../matcher.js';
import { groupOf, isHashable, SampleView, valueOf } from './grouping.js';
import { type StateValues, valuesOf } from './needed-values.js';
import { emptyState, forgetAll, type GroupedState, hasGroups, prune, setsOf } from './state.js';

/** What people are shown of a key's partial matches. */
const MAX_DESCRIBED = 1_000;
/** What of a key's state goes over to another version. */
const MAX_WRITTEN_OUT = 100_000;

/** @throws TypeError when a condition looks at more than single values */
export function createGroupedMatcher(
  nfa: Nfa,
  table: Pick<ExpressionTable, 'functions'>,
  options: MatcherOptions = {},
): PatternMatcher<GroupedState> {
  return new GroupedMatcher(nfa, table, options);
}

/** A set that moves when all have been looked at, so that none sees the event twice. */
interface Moving {
  readonly target: number;
  readonly set: Branch | undefined;
  /** The step that takes the event; -1 where the set goes on without it. */
  readonly step: number;
}

class GroupedMatcher implements PatternMatcher<GroupedState> {
  readonly representation = 'grouped';
  readonly stateVersion = 1;
  readonly #nfa: Nfa;
  readonly #options: MatcherOptions;
  readonly #moves: readonly StateMoves[];
  readonly #values: readonly StateValues[];
  readonly #guards: GuardEvaluator;
  readonly #view = new SampleView();
  readonly #within: number;
  readonly #tellsDeadlines: boolean;
  readonly #moving: Moving[] = [];
  readonly #matches = new BoundedMatches();

  constructor(nfa: Nfa, { functions }: Pick<ExpressionTable, 'functions'>, options: MatcherOptions) {
    const moves = movesOf(nfa);
    const values = valuesOf(nfa, moves);
    if (values === undefined) throw new TypeError('the pattern looks at more than single values of earlier events');
    this.#nfa = nfa;
    this.#options = options;
    this.#moves = moves;
    this.#values = values;
    this.#guards = new GuardEvaluator(nfa, functions);
    this.#within = nfa.within ?? Infinity;
    this.#tellsDeadlines = nfa.within !== undefined && (options.timeouts !== false || nfa.states.some(({ kind }) => kind === 'pending'));
  }

  createState(): GroupedState {
    return emptyState(this.#nfa.states.length);
  }

  isEmpty(state: GroupedState): boolean {
    return !hasGroups(state);
  }

  keptEvents(state: GroupedState): number {
    return state.keptEvents;
  }

  nextDeadline(state: GroupedState): number {
    if (!hasGroups(state)) return Infinity;
    return (this.#tellsDeadlines ? state.earliest : state.latest) + this.#within;
  }

  advanceTime(state: GroupedState, time: number, out: MatchOutput): void {
    const cutoff = time - this.#within;
    if (!(cutoff >= state.earliest)) return;
    if (this.#tellsDeadlines) this.#tellExpired(state, cutoff, out);
    state.cutoff = Math.max(state.cutoff, cutoff);
    if (state.latest <= state.cutoff) forgetAll(state);
    else if (this.#tellsDeadlines) prune(state);
    else state.earliest = state.cutoff;
  }

  #tellExpired({ groups, cutoff }: GroupedState, until: number, out: MatchOutput): void {
    this.#matches.open(this.#options.limits?.matchesPerEvent);
    const starts = { after: cutoff, until };
    this.#nfa.states.forEach(({ kind }, state) => {
      for (const set of groups[state].values()) {
        if (kind === 'pending') this.#matches.each(set, undefined, starts, (path) => this.#tell('match', path, out));
        else if (this.#options.timeouts !== false) enumerate(set, undefined, starts, (path) => this.#tell('timeout', path, out));
      }
    });
    this.#matches.close(out);
  }

  #tell(kind: 'match' | 'timeout', path: readonly Taken[], out: MatchOutput): true {
    out.match({ kind, path, endTime: path[0].event.time + this.#within });
    return true;
  }

  begin(event: Event, out: MatchOutput): GroupedState | undefined {
    this.#guards.beginEvent(event, out);
    if (!this.#anyTake(this.#nfa.start)) return undefined;
    const state = this.createState();
    this.#move(state, event, out);
    return state;
  }

  processEvent(state: GroupedState, event: Event, out: MatchOutput): void {
    this.#guards.beginEvent(event, out);
    this.#move(state, event, out);
  }

  #move(state: GroupedState, event: Event, out: MatchOutput): void {
    this.#matches.open(this.#options.limits?.matchesPerEvent);
    this.#take(this.#nfa.start, undefined, false, state.cutoff, event, out);
    for (let from = 0; from < state.groups.length; from++) if (state.groups[from].size > 0) this.#moveGroups(from, state, event, out);
    this.#matches.close(out);
    if (this.#moving.length > 0) this.#arrive(state, event, out);
    else if (!hasGroups(state)) forgetAll(state);
  }

  /** The groups that the event may move leave their state. */
  #moveGroups(from: number, state: GroupedState, event: Event, out: MatchOutput): void {
    const groups = state.groups[from];
    const { conditions, lookup } = this.#values[from];
    this.#guards.beginMatch(undefined);
    // How the groups fare that no condition on earlier events is true for.
    const othersStay = this.#stays(from);
    if (othersStay && conditions.length === 0) return;
    if (!othersStay || lookup === undefined) {
      for (const key of groups.keys()) this.#moveGroup(from, key, state, event, out);
      return;
    }
    for (const field of lookup) {
      const value = valueOf(event, field);
      if (isHashable(value)) this.#moveGroup(from, value, state, event, out);
      else for (const key of groups.keys()) this.#moveGroup(from, key, state, event, out);
    }
  }

  #moveGroup(from: number, key: unknown, { groups, cutoff }: GroupedState, event: Event, out: MatchOutput): void {
    const set = groups[from].get(key);
    if (set === undefined) return;
    if (set.latest <= cutoff) {
      groups[from].delete(key);
      return;
    }
    this.#guards.beginMatch(this.#view.show(set));
    if (this.#stays(from)) return;
    groups[from].delete(key);
    const stopped = this.#guards.any(this.#moves[from].stops);
    for (const { guard, target, completes } of this.#moves[from].ignores) {
      if (!this.#guards.holds(guard)) continue;
      if (completes) this.#complete(set, undefined, cutoff, event, out);
      else if (!stopped) this.#moving.push({ target, set, step: -1 });
    }
    this.#take(from, set, stopped, cutoff, event, out);
  }

  #stays(from: number): boolean {
    const { stops, ignores } = this.#moves[from];
    let stays = 0;
    for (const { guard, target } of ignores) {
      if (!this.#guards.holds(guard)) continue;
      if (target !== from) return false;
      stays++;
    }
    return stays === 1 && !this.#guards.any(stops) && !this.#anyTake(from);
  }

  #anyTake(from: number): boolean {
    for (const { guard } of this.#moves[from].takes) if (this.#guards.holds(guard)) return true;
    return false;
  }

  #take(from: number, set: Branch | undefined, stopped: boolean, cutoff: number, event: Event, out: MatchOutput): void {
    for (const { guard, step, target, completes, finishes } of this.#moves[from].takes) {
      if (!this.#guards.holds(guard)) continue;
      if (completes || this.#guards.any(finishes)) this.#complete(set, { step, event }, cutoff, event, out);
      if (!completes && !stopped) this.#moving.push({ target, set, step });
    }
  }

  #arrive(state: GroupedState, event: Event, out: MatchOutput): void {
    let taken = false;
    for (const { target, set, step } of this.#moving) {
      const arriving = step < 0 ? (set as Branch) : new Branch(event, step, set, undefined);
      const groups = state.groups[target];
      const key = groupOf(this.#values[target], arriving);
      groups.set(key, union(arriving, groups.get(key)));
      state.latest = Math.max(state.latest, arriving.latest);
      if (set === undefined) state.earliest = Math.min(state.earliest, event.time);
      taken ||= step >= 0;
    }
    this.#moving.length = 0;
    if (taken) this.#keepWithin(state, event, out);
  }

  #keepWithin(state: GroupedState, event: Event, out: MatchOutput): void {
    const { limits = {} } = this.#options;
    count(state, event);
    if (reached(state, limits) === undefined && state.keptEvents <= state.recountAt) return;
    prune(state);
    const limit = reached(state, limits);
    if (limit === undefined) return;
    const before = this.countOpen(state);
    const sets = [...setsOf(state)];
    if (!dropsOldest(limits)) this.#leaveOut(state, event);
    else if (!moveCutoff(state, cutoffToFit(sets, state.cutoff, limits), event)) forgetAll(state);
    prune(state);
    out.limitReached(limit, before - this.countOpen(state));
  }

  #leaveOut({ groups }: GroupedState, event: Event): void {
    for (const sets of groups) {
      for (const [key, set] of sets) {
        const left = without(set, event);
        if (left === undefined) sets.delete(key);
        else sets.set(key, left);
      }
    }
  }

  #complete(set: Branch | undefined, tail: Taken | undefined, after: number, event: Event, out: MatchOutput): void {
    this.#matches.each(set, tail, { after, until: Infinity }, (path) => out.match({ kind: 'match', path, endTime: event.time }));
  }

  // snapshots, looking in

  /** As compact; a set's group is seen from its events. */
  write(state: GroupedState, out: BinaryWriter, events: EventTable): void {
    prune(state);
    out.double(state.cutoff);
    const numbers = writeNodes(setsOf(state), out, events);
    for (const groups of state.groups) {
      out.uint(groups.size);
      for (const set of groups.values()) out.uint(numbers.get(set) as number);
    }
  }

  read(from: BinaryReader, events: readonly Event[], _version: number): GroupedState {
    const state = this.createState();
    state.cutoff = from.double();
    const nodes = readNodes(from, events);
    state.groups.forEach((groups, number) => {
      for (let left = from.uint(); left > 0; left--) {
        const set = nodes[from.uint()];
        groups.set(groupOf(this.#values[number], set), set);
        state.latest = Math.max(state.latest, set.latest);
      }
    });
    prune(state);
    return state;
  }

  countOpen(state: GroupedState): number {
    return countMatches([...setsOf(state)], state.cutoff);
  }

  partialMatches({ groups, cutoff }: GroupedState): readonly PartialMatch[] {
    return groups.flatMap((sets, state) =>
      partialMatches({ sets: [...sets.values()], cutoff }, MAX_WRITTEN_OUT).map(({ path }) => ({ state, path })),
    );
  }

  adopt(matches: readonly PartialMatch[]): GroupedState {
    const adopted = this.createState();
    const paths = new SharedPaths<Branch>(({ event, step }: Taken, previous) => new Branch(event, step, previous, undefined));
    for (const { state, path } of matches) {
      const [set, groups] = [paths.of(path), adopted.groups[state]];
      const key = groupOf(this.#values[state], set);
      groups.set(key, union(set, groups.get(key)));
      adopted.latest = Math.max(adopted.latest, set.latest);
    }
    prune(adopted);
    return adopted;
  }

  /** At most MAX_DESCRIBED of them: there may be more than anyone can count. */
  describe({ groups, cutoff }: GroupedState): readonly OpenMatch[] {
    const open: OpenMatch[] = [];
    groups.forEach((sets, state) => {
      for (const set of sets.values()) {
        if (open.length >= MAX_DESCRIBED) return;
        enumerate(set, undefined, { after: cutoff, until: Infinity }, (path) => {
          open.push({ waitingFor: this.#nfa.states[state].name, path, deadline: path[0].event.time + this.#within });
          return open.length < MAX_DESCRIBED;
        });
      }
    });
    return open;
  }
}
