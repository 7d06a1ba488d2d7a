/**
 * Runs an automaton whose conditions look at the current event alone: what an event does to a partial match
 * then depends on its state only, so each state has one set of them (branch.ts) that moves as a whole. Cost
 * per event: the states that are not empty, however many partial matches wait there. Matches are enumerated
 * when they come out. The reference is the runs matcher; select.ts says which patterns are taken.
 */
import type { Event } from '../../event/event.js';
import type { ExpressionTable } from '../../expr/index.js';
import type { Nfa, StateMapping } from '../../nfa/index.js';
import type { BinaryReader, BinaryWriter } from '../../state/binary.js';
import type { Carried, EventTable, MatcherOptions, MatchOutput, OpenMatch, PartialMatch, PatternMatcher, Taken } from '../matcher.js';
import { BoundedMatches } from './bounded-matches.js';
import { Branch, enumerate, union } from './branch.js';
import { readState, writeState } from './codec.js';
import { adoptMatches, carryState, countMatches, partialMatches } from './carry.js';
import { GuardEvaluator } from '../guard-evaluator.js';
import { keepWithin } from './limits.js';
import { movesOf, type StateMoves, type TakeMove } from './moves.js';
import { type CompactState, emptyState, prune, settle } from './state.js';

/** What people are shown of a key's partial matches. */
const MAX_DESCRIBED = 1_000;
/** What of a key goes over to another representation. */
const MAX_WRITTEN_OUT = 100_000;

export function createCompactMatcher(
  nfa: Nfa,
  table: Pick<ExpressionTable, 'functions'>,
  options: MatcherOptions = {},
): PatternMatcher<CompactState> {
  return new CompactMatcher(nfa, table, options);
}

class CompactMatcher implements PatternMatcher<CompactState> {
  readonly representation = 'compact';
  readonly stateVersion = 1;
  readonly #nfa: Nfa;
  readonly #options: MatcherOptions;
  readonly #moves: readonly StateMoves[];
  readonly #guards: GuardEvaluator;
  readonly #within: number;
  /** Partial matches that run out of time are told one by one: as time-outs, or as matches of an absence. */
  readonly #tellsDeadlines: boolean;
  /** The sets as the event being processed found them. */
  readonly #before: (Branch | undefined)[];
  /** Takes of the event being processed, and from which sets. */
  readonly #takes: TakeMove[] = [];
  readonly #origins: (Branch | undefined)[] = [];
  /** Their sets die by this event: only what they complete comes out. */
  readonly #stopped: boolean[] = [];
  readonly #matches = new BoundedMatches();

  constructor(nfa: Nfa, { functions }: Pick<ExpressionTable, 'functions'>, options: MatcherOptions) {
    this.#nfa = nfa;
    this.#options = options;
    this.#moves = movesOf(nfa);
    this.#guards = new GuardEvaluator(nfa, functions);
    this.#before = new Array<Branch | undefined>(nfa.states.length).fill(undefined);
    this.#within = nfa.within ?? Infinity;
    this.#tellsDeadlines = nfa.within !== undefined && (options.timeouts !== false || nfa.states.some(({ kind }) => kind === 'pending'));
  }

  createState(): CompactState {
    return emptyState(this.#nfa.states.length);
  }

  isEmpty(state: CompactState): boolean {
    return state.latest === -Infinity;
  }

  keptEvents(state: CompactState): number {
    return state.keptEvents;
  }

  /** Where deadlines are not told one by one, the time when nothing is open any more. */
  nextDeadline(state: CompactState): number {
    if (state.latest === -Infinity) return Infinity;
    return (this.#tellsDeadlines ? state.earliest : state.latest) + this.#within;
  }

  advanceTime(state: CompactState, time: number, out: MatchOutput): void {
    const cutoff = time - this.#within;
    if (!(cutoff >= state.earliest)) return;
    if (this.#tellsDeadlines) this.#tellExpired(state, cutoff, out);
    state.cutoff = Math.max(state.cutoff, cutoff);
    if (this.#tellsDeadlines) prune(state);
    // Now only a bound: what is the first in time is not looked up.
    else state.earliest = state.cutoff;
    settle(state);
  }

  #tellExpired({ sets, cutoff }: CompactState, until: number, out: MatchOutput): void {
    this.#matches.open(this.#options.limits?.matchesPerEvent);
    const starts = { after: cutoff, until };
    this.#nfa.states.forEach(({ kind }, state) => {
      if (kind === 'pending') this.#matches.each(sets[state], undefined, starts, (path) => this.#tell('match', path, out));
      else if (this.#options.timeouts !== false) enumerate(sets[state], undefined, starts, (path) => this.#tell('timeout', path, out));
    });
    this.#matches.close(out);
  }

  #tell(kind: 'match' | 'timeout', path: readonly Taken[], out: MatchOutput): true {
    out.match({ kind, path, endTime: path[0].event.time + this.#within });
    return true;
  }

  begin(event: Event, out: MatchOutput): CompactState | undefined {
    this.#guards.beginEvent(event, out);
    if (!this.#anyTake(this.#nfa.start)) return undefined;
    const state = this.createState();
    this.#move(state, event, out);
    return state;
  }

  processEvent(state: CompactState, event: Event, out: MatchOutput): void {
    this.#guards.beginEvent(event, out);
    if (this.#changes(state.sets)) this.#move(state, event, out);
  }

  #move(state: CompactState, event: Event, out: MatchOutput): void {
    this.#matches.open(this.#options.limits?.matchesPerEvent);
    const { sets } = state;
    const before = this.#before;
    for (let i = 0; i < sets.length; i++) {
      before[i] = sets[i];
      sets[i] = undefined;
    }
    this.#collectTakes(this.#nfa.start, undefined, false);
    for (let from = 0; from < before.length; from++) {
      const set = before[from];
      if (set === undefined) continue;
      const stopped = this.#guards.any(this.#moves[from].stops);
      this.#ignore(from, set, stopped, state, event, out);
      this.#collectTakes(from, set, stopped);
    }
    const stored = this.#takeAll(state, event, out);
    this.#matches.close(out);
    if (stored) keepWithin(state, event, this.#options.limits, out);
    settle(state);
  }

  /** Most events change nothing: all sets go on waiting, and nothing begins. */
  #changes(sets: readonly (Branch | undefined)[]): boolean {
    if (this.#anyTake(this.#nfa.start)) return true;
    for (let from = 0; from < sets.length; from++) if (sets[from] !== undefined && !this.#stays(from)) return true;
    return false;
  }

  #anyTake(from: number): boolean {
    const { takes } = this.#moves[from];
    for (let i = 0; i < takes.length; i++) if (this.#guards.holds(takes[i].guard)) return true;
    return false;
  }

  #stays(from: number): boolean {
    const { stops, ignores } = this.#moves[from];
    let stays = 0;
    for (let i = 0; i < ignores.length; i++) {
      if (!this.#guards.holds(ignores[i].guard)) continue;
      if (ignores[i].target !== from) return false;
      stays++;
    }
    return stays === 1 && !this.#anyTake(from) && !this.#guards.any(stops);
  }

  /** Partial matches that go on without the event. */
  #ignore(from: number, set: Branch, stopped: boolean, state: CompactState, event: Event, out: MatchOutput): void {
    for (const { guard, target, completes } of this.#moves[from].ignores) {
      if (!this.#guards.holds(guard)) continue;
      if (completes) this.#complete(set, undefined, state, event, out);
      else if (!stopped) state.sets[target] = union(set, state.sets[target]);
    }
  }

  #collectTakes(from: number, set: Branch | undefined, stopped: boolean): void {
    for (const take of this.#moves[from].takes) {
      if (!this.#guards.holds(take.guard)) continue;
      this.#takes.push(take);
      this.#origins.push(set);
      this.#stopped.push(stopped);
    }
  }

  /** All at once, so that no set takes the event twice. Is the event kept? */
  #takeAll(state: CompactState, event: Event, out: MatchOutput): boolean {
    let stored = false;
    for (let i = 0; i < this.#takes.length; i++) {
      const { step, target, completes, finishes } = this.#takes[i];
      const origin = this.#origins[i];
      if (completes || this.#guards.any(finishes)) this.#complete(origin, { step, event }, state, event, out);
      if (completes || this.#stopped[i]) continue;
      if (origin === undefined) state.earliest = Math.min(state.earliest, event.time);
      state.sets[target] = new Branch(event, step, origin, state.sets[target]);
      stored = true;
    }
    this.#takes.length = this.#origins.length = this.#stopped.length = 0;
    return stored;
  }

  // matches

  #complete(set: Branch | undefined, tail: Taken | undefined, { cutoff }: CompactState, event: Event, out: MatchOutput): void {
    this.#matches.each(set, tail, { after: cutoff, until: Infinity }, (path) => out.match({ kind: 'match', path, endTime: event.time }));
  }

  // snapshots, looking in

  write(state: CompactState, out: BinaryWriter, events: EventTable): void {
    writeState(state, out, events);
  }

  read(from: BinaryReader, events: readonly Event[], _version: number): CompactState {
    return readState(from, events, this.#nfa.states.length);
  }

  countOpen({ sets, cutoff }: CompactState): number {
    return countMatches(sets, cutoff);
  }

  partialMatches(state: CompactState): readonly PartialMatch[] {
    return partialMatches(state, MAX_WRITTEN_OUT);
  }

  adopt(matches: readonly PartialMatch[]): CompactState {
    return adoptMatches(matches, this.#nfa.states.length);
  }

  carry(state: CompactState, mapping: StateMapping): Carried<CompactState> {
    return carryState(state, mapping);
  }

  /** At most MAX_DESCRIBED of them: there may be more than anyone can count. */
  describe({ sets, cutoff }: CompactState): readonly OpenMatch[] {
    const open: OpenMatch[] = [];
    sets.forEach((set, state) => {
      enumerate(set, undefined, { after: cutoff, until: Infinity }, (path) => {
        open.push({ waitingFor: this.#nfa.states[state].name, path, deadline: path[0].event.time + this.#within });
        return open.length < MAX_DESCRIBED;
      });
    });
    return open;
  }
}
