/**
 * Runs one automaton over one key's events with every partial match explicit: the reference for the other
 * representations. Cost per event: the open partial matches. The meaning is Flink CEP's NFA (after Agrawal
 * et al., "Efficient Pattern Matching over Event Streams", SIGMOD 2008); in place of its versioned shared
 * buffer, a run points to the last of its events, and those to the ones before.
 */
import type { Event } from '../../event/event.js';
import type { ExpressionTable } from '../../expr/index.js';
import type { Nfa, NfaState, StateMapping } from '../../nfa/index.js';
import type { BinaryReader, BinaryWriter } from '../../state/binary.js';
import type {
  Carried,
  EventTable,
  MatcherLimits,
  MatcherOptions,
  MatchOutput,
  OpenMatch,
  PartialMatch,
  PatternMatcher,
} from '../matcher.js';
import { adoptMatches, carryState } from './carry.js';
import { readState, writeState } from './codec.js';
import { poll, push, removeWhere } from './heap.js';
import { enforceKept, recount } from './limits.js';
import { type Completed, isRun, type Link, pathTo, type Ranked, type Run, type RunsState, START } from './run.js';
import { skippedUpTo } from './skip.js';
import { makeRun, Successors } from './successors.js';

/** A matcher for all keys of a rule. */
export function createRunsMatcher(
  nfa: Nfa,
  table: Pick<ExpressionTable, 'functions'>,
  { limits = {} }: MatcherOptions = {},
): PatternMatcher<RunsState> {
  return new RunsMatcher(nfa, table, limits);
}

class RunsMatcher implements PatternMatcher<RunsState> {
  readonly representation = 'runs';
  /** 2: the state has a time. */
  readonly stateVersion = 2;
  readonly #nfa: Nfa;
  readonly #limits: MatcherLimits;
  readonly #successors: Successors;
  readonly #hasStepBounds: boolean;
  readonly #skips: boolean;
  /** Matches and new runs that one event may still make, and how many were given up. */
  #allowance = Infinity;
  #refused = 0;

  constructor(nfa: Nfa, { functions }: Pick<ExpressionTable, 'functions'>, limits: MatcherLimits) {
    this.#nfa = nfa;
    this.#limits = limits;
    this.#successors = new Successors(nfa, functions);
    this.#hasStepBounds = nfa.states.some((state) => state.within !== undefined);
    this.#skips = nfa.skip.strategy !== 'noSkip';
  }

  createState(): RunsState {
    return { runs: [START], completed: [], time: -Infinity, sequence: 0, keptEvents: 0, keptBytes: 0, recountAt: 0 };
  }

  isEmpty({ runs, completed }: RunsState): boolean {
    return runs.length === 1 && runs[0] === START && completed.length === 0;
  }

  begin(event: Event, out: MatchOutput): RunsState | undefined {
    const successors = this.#successors;
    successors.beginEvent(event, 0, out);
    successors.of(START);
    if (!successors.taken && successors.matches.size === 0) return undefined;
    this.#openAllowance();
    const state = this.createState();
    const completed: Completed[] = [];
    const after: Ranked[] = [];
    this.#succeed(START, after, event, completed, out);
    this.#changed(state, after, event, completed, out);
    this.#closeAllowance(out);
    return state;
  }

  processEvent(state: RunsState, event: Event, out: MatchOutput): void {
    this.#openAllowance();
    const successors = this.#successors;
    successors.beginEvent(event, state.sequence, out);
    const before = state.runs;
    const completed: Completed[] = [];
    // Stays undefined while all runs stay as they are: inserting them in turn would give the same heap.
    let after: Ranked[] | undefined;
    for (let i = 0; i < before.length; i++) {
      const run = before[i];
      successors.of(run);
      if (after === undefined && successors.staysAs(run)) continue;
      after ??= before.slice(0, i);
      this.#succeed(run, after, event, completed, out);
    }
    if (after !== undefined) this.#changed(state, after, event, completed, out);
    this.#closeAllowance(out);
  }

  /** What the successors say that a run becomes. */
  #succeed(run: Ranked, after: Ranked[], event: Event, completed: Completed[], out: MatchOutput): void {
    const { matches, stopped } = this.#successors;
    for (let match = 0; match < matches.size; match++) this.#complete(matches.at(match), run, event.time, completed, out);
    if (!stopped) this.#addAll(after, run);
  }

  #changed(state: RunsState, after: Ranked[], event: Event, completed: Completed[], out: MatchOutput): void {
    const { taken } = this.#successors;
    state.runs = after;
    if (taken) this.#keep(state, event);
    if (completed.length > 0 || (this.#skips && state.completed.length > 0)) this.#release(state, completed, out);
    recount(state);
    if (taken) enforceKept(state, this.#limits, out);
  }

  advanceTime(state: RunsState, time: number, out: MatchOutput, closed = false): void {
    const moves = time > state.time || closed;
    if (time > state.time) state.time = time;
    if (!moves || !(time >= this.#earliestDeadline(state))) return;
    this.#openAllowance();
    const completed: Completed[] = [];
    const after: Ranked[] = [];
    for (const run of state.runs) this.#advanceRun(run, time, after, completed, out);
    state.runs = after;
    if (this.#skips) this.#release(state, completed, out);
    recount(state);
    this.#closeAllowance(out);
  }

  /** What an event brings into a state whose bound is over already leaves it when time moves on, as in Flink. */
  nextDeadline(state: RunsState): number {
    return Math.max(this.#earliestDeadline(state), state.time + 1);
  }

  #earliestDeadline(state: RunsState): number {
    if (this.#hasStepBounds)
      return state.runs.reduce((least, run) => (isRun(run) ? Math.min(least, this.#deadlineOf(run)) : least), Infinity);
    const [earliest] = state.runs;
    return this.#nfa.within === undefined || earliest === undefined || !isRun(earliest) ? Infinity : earliest.startTime + this.#nfa.within;
  }

  keptEvents(state: RunsState): number {
    return state.keptEvents;
  }

  write(state: RunsState, out: BinaryWriter, events: EventTable): void {
    writeState(state, out, events);
  }

  read(from: BinaryReader, events: readonly Event[], version: number): RunsState {
    return readState(from, events, version);
  }

  countOpen({ runs, completed }: RunsState): number {
    return runs.length - 1 + completed.length;
  }

  partialMatches({ runs }: RunsState): readonly PartialMatch[] {
    return runs.filter(isRun).map(({ state, last }) => ({ state, path: pathTo(last) }));
  }

  adopt(matches: readonly PartialMatch[]): RunsState {
    return adoptMatches(matches);
  }

  carry(state: RunsState, mapping: StateMapping): Carried<RunsState> {
    const final = this.#nfa.states.findIndex(({ kind }) => kind === 'final');
    return carryState(state, mapping, final);
  }

  describe(state: RunsState): readonly OpenMatch[] {
    return state.runs.filter(isRun).map((run) => ({
      waitingFor: this.#nfa.states[run.state].name,
      path: pathTo(run.last),
      deadline: this.#deadlineOf(run),
    }));
  }

  // time

  #deadlineOf(run: Run): number {
    const { within } = this.#nfa.states[run.state];
    const ofStep = within === undefined ? Infinity : run.last.event.time + within;
    return this.#nfa.within === undefined ? ofStep : Math.min(ofStep, run.startTime + this.#nfa.within);
  }

  #advanceRun(run: Ranked, time: number, after: Ranked[], completed: Completed[], out: MatchOutput): void {
    if (!isRun(run)) return push(after, run);
    const state = this.#nfa.states[run.state];
    const next = state.after;
    if (next !== undefined && this.#outlasts(run, state, time)) {
      const target = this.#nfa.states[next];
      if (target.kind === 'final' || target.mayFinish)
        this.#complete(run.last, run, run.last.event.time + (state.within as number), completed, out);
      if (target.kind === 'final') return;
      return this.#advanceRun(makeRun(next, run.last, run.first, run.startTime), time, after, completed, out);
    }
    const endTime = this.#expiredAt(run, state, time);
    if (endTime === undefined) push(after, run);
    else if (state.kind === 'pending') this.#complete(run.last, run, endTime, completed, out);
    else out.match({ kind: 'timeout', path: pathTo(run.last), endTime });
  }

  /** Is the absence over, and the match not out of time before? One that ends the match may last as long as the match. */
  #outlasts(run: Run, { within, after }: NfaState, time: number): boolean {
    const end = run.last.event.time + (within as number);
    const limit = run.startTime + (this.#nfa.within ?? Infinity);
    return time >= end && (end < limit || (end === limit && this.#nfa.states[after as number].kind === 'final'));
  }

  /** The deadline that has passed; the step's is named when both have. An absence's own time ends nothing. */
  #expiredAt(run: Run, { within, after }: NfaState, time: number): number | undefined {
    if (after === undefined && within !== undefined && time >= run.last.event.time + within) return run.last.event.time + within;
    const end = run.startTime + (this.#nfa.within ?? Infinity);
    return time >= end ? end : undefined;
  }

  // matches

  #complete(last: Link, run: Ranked, endTime: number, completed: Completed[], out: MatchOutput): void {
    if (!this.#allow()) return;
    // A run that has just begun has its only event as its first.
    if (this.#skips) push(completed, { first: isRun(run) ? run.first : last.sequence, last, endTime });
    else out.match({ kind: 'match', path: pathTo(last), endTime });
  }

  /** Emits queued matches as long as no partial match began before the first of them. */
  #release(state: RunsState, completed: readonly Completed[], out: MatchOutput): void {
    const { runs, completed: queue } = state;
    for (const match of completed) push(queue, match);
    while (queue.length > 0 && (runs.length === 0 || queue[0].first <= runs[0].first)) {
      const { first, last, endTime } = poll(queue);
      const skipped = skippedUpTo(this.#nfa.skip, first, last);
      removeWhere(runs, (run) => run.first <= skipped);
      removeWhere(queue, (match) => match.first <= skipped);
      out.match({ kind: 'match', path: pathTo(last), endTime });
    }
  }

  // bounds

  #addAll(after: Ranked[], run: Ranked): void {
    const { runs } = this.#successors;
    for (let index = 0; index < runs.size; index++) {
      const next = runs.at(index);
      if (next === run || next === START || this.#allow()) push(after, next);
    }
  }

  #keep(state: RunsState, event: Event): void {
    event.keep();
    state.sequence++;
    state.keptEvents++;
    state.keptBytes += event.size;
  }

  #openAllowance(): void {
    this.#allowance = this.#limits.matchesPerEvent ?? Infinity;
    this.#refused = 0;
  }

  #allow(): boolean {
    if (this.#allowance-- > 0) return true;
    this.#refused++;
    return false;
  }

  #closeAllowance(out: MatchOutput): void {
    if (this.#refused > 0) out.limitReached('matchesPerEvent', this.#refused);
  }
}
