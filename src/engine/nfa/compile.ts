/**
 * Second stage of a rule: pattern to automaton. Built from the last step to the first, so that each step
 * knows the state that follows it; one method per kind of step, all returning the state where it begins.
 * Size: one to three states for each step and repetition.
 *
 * What an automaton must look like to mean the same as Flink's is not always what one would draw; the
 * conformance cases hold it.
 */
import type { ExpressionTableBuilder, StepBinding } from '../expr/index.js';
import type { AllOfStep } from '../pattern/ir/all-of-step.js';
import type { GroupStep } from '../pattern/ir/group-step.js';
import type { LoopStep } from '../pattern/ir/loop-step.js';
import type { NegationStep } from '../pattern/ir/negation-step.js';
import type { OneOfStep } from '../pattern/ir/one-of-step.js';
import type { SingleStep } from '../pattern/ir/single-step.js';
import { type CompositeStep, isOptional, type Step, type StepByKind, type StepKind, takingSteps } from '../pattern/ir/step.js';
import type { LoopContiguity } from '../pattern/ir/times.js';
import type { Pattern } from '../pattern/pattern.js';
import { scopesOf } from '../pattern/scopes.js';
import { type DraftState, NfaBuilder } from './builder.js';
import { addConditions, headGuard, type PatternGuards } from './conditions.js';
import { and, type Guard, not, or, TRUE } from './guard.js';
import type { Nfa, NfaSkip } from './nfa.js';
import { gapBefore, gapInside, type Level, isHeadOfOptionalGroup, type Place, standingNegations, stepAfter, stepAt } from './place.js';

/** Compiles a pattern; its conditions go into the rule's table. `steps`: by step number, as alerts see them. */
export function compilePattern(pattern: Pattern, table: ExpressionTableBuilder): { nfa: Nfa; steps: readonly StepBinding[] } {
  const scopes = scopesOf(pattern.steps);
  const guards = addConditions(scopes, table);
  const { states, start } = new PatternCompiler(pattern, guards).compile();
  const stepNames = Object.freeze(scopes.bindings.map((step) => step.name));
  const nfa: Nfa = Object.freeze({
    states,
    start,
    conditions: guards.conditions,
    stepNames,
    within: pattern.within,
    skip: compileSkip(pattern, stepNames),
  });
  return { nfa, steps: scopes.bindings };
}

function compileSkip({ skip }: Pattern, stepNames: readonly string[]): NfaSkip {
  return 'step' in skip ? Object.freeze({ strategy: skip.strategy, step: stepNames.indexOf(skip.step) }) : skip;
}

/** One step to be compiled once: where it takes events, where it may be left out to, under which guards. */
interface Round {
  readonly place: Place;
  /** Where an event that it takes leads. */
  readonly sink: DraftState;
  /** Where leaving it out leads. */
  readonly bypass: DraftState;
  readonly take: Guard;
  /** Absent: no event may be ignored. */
  readonly ignore: Guard | undefined;
  readonly optional: boolean;
  readonly firstRound: boolean;
}

type RepeatedKind = 'loop' | CompositeStep['kind'];

class PatternCompiler {
  readonly #builder = new NfaBuilder();
  readonly #numbers: ReadonlyMap<Step, number>;
  readonly #stops = new Map<Step, DraftState>();
  /** Steps that have a state; the first one made is special for `times.within`. */
  readonly #begun = new Set<Step>();
  /** Whether a hub has been made: like a loop's first state, the first one is spared by `times.within`. */
  #hasHub = false;
  /** The state after a greedy loop as it was before the loop forbade its events there. */
  readonly #ungreedy = new Map<DraftState, DraftState>();

  readonly #begin: { readonly [K in StepKind]: (place: Place, sink: DraftState) => DraftState } = {
    single: (place, sink) => this.#single(place, sink),
    loop: (place, sink) => this.#repetition(place, sink),
    negation: (place, sink) => this.#negation(place, sink),
    group: (place, sink) => this.#repetition(place, sink),
    oneOf: (place, sink) => this.#repetition(place, sink),
    allOf: (place, sink) => this.#repetition(place, sink),
  };

  readonly #round: { readonly [K in Exclude<StepKind, 'negation'>]: (round: Round) => DraftState } = {
    single: (round) => this.#takingState(round),
    loop: (round) => this.#takingState(round),
    group: (round) => this.#groupRound(round),
    oneOf: (round) => this.#oneOfRound(round),
    allOf: (round) => this.#allOfRound(round),
  };

  readonly #loop: { readonly [K in RepeatedKind]: (place: Place, sink: DraftState) => DraftState } = {
    loop: (place, sink) => this.#openLoop(place, sink),
    group: (place, sink) => this.#openGroup(place, sink),
    oneOf: (place, sink) => this.#openBranching(place, sink),
    allOf: (place, sink) => this.#openBranching(place, sink),
  };

  constructor(
    readonly pattern: Pattern,
    readonly guards: PatternGuards,
  ) {
    this.#numbers = new Map(takingSteps(pattern.steps).map((step, number) => [step, number]));
  }

  compile() {
    const end = this.#builder.state('final', 'end', -1);
    return this.#builder.build(this.#level({ steps: this.pattern.steps, firstRound: true }, end));
  }

  #level(level: Level, sink: DraftState): DraftState {
    let begin = sink;
    for (let index = level.steps.length - 1; index >= 0; index--) {
      begin = this.#begin[level.steps[index].kind]({ level, index }, begin);
    }
    return begin;
  }

  // guards

  #where(step: Step): Guard {
    return this.guards.of.get(step)?.where ?? TRUE;
  }

  /** A group's `until` rules out everything inside it. */
  #unlessUntil({ level }: Place, guard: Guard): Guard {
    return level.until === undefined ? guard : and(not(level.until), guard);
  }

  #take(place: Place, step: Step = stepAt(place)): Guard {
    return this.#unlessUntil(place, this.#where(step));
  }

  #ignore(place: Place, gap: LoopContiguity): Guard | undefined {
    return this.#passOver(place, gap, this.#where(stepAt(place)));
  }

  /** When an event may be ignored over a gap before what it `fits`. */
  #passOver(place: Place, gap: LoopContiguity, fits: Guard): Guard | undefined {
    if (gap === 'strict') return undefined;
    return this.#unlessUntil(place, gap === 'any' ? TRUE : not(fits));
  }

  // states

  #number(step: Step): number {
    return this.#numbers.get(step) ?? -1;
  }

  /**
   * A state where the step waits for an event. `times.within` spares the one made first, which is the last
   * of the loop: Flink's gap.
   */
  #waiting(step: SingleStep | LoopStep): DraftState {
    const bound = step.kind === 'single' ? step.within : this.#begun.has(step) ? step.times.within : undefined;
    this.#begun.add(step);
    return this.#builder.state('normal', step.name, this.#number(step), bound);
  }

  /** A state where the step waits after it has ignored an event: without bound. */
  #waitingOn(step: SingleStep | LoopStep): DraftState {
    return this.#builder.state('normal', step.name, this.#number(step));
  }

  #stop(step: Step, guard: Guard): DraftState {
    const known = this.#stops.get(step);
    if (known !== undefined) return known;
    const stop = this.#builder.state('stop', step.name, -1);
    this.#builder.edge(stop, 'take', stop, guard);
    this.#stops.set(step, stop);
    return stop;
  }

  #addStops(state: DraftState, place: Place): void {
    for (const index of standingNegations(place)) this.#addStop(state, place, place.level.steps[index]);
  }

  /** A notFollowedBy after a loop also holds between the loop's events. */
  #addStopInLoop(state: DraftState, place: Place): void {
    const after = stepAfter(place);
    if (after?.kind === 'negation' && after.link === 'notFollowedBy' && after.for === undefined) this.#addStop(state, place, after);
  }

  #addStop(state: DraftState, place: Place, negation: Step): void {
    const guard = this.#take(place, negation);
    this.#builder.edge(state, 'proceed', this.#stop(negation, guard), guard);
  }

  /** Once an optional step has taken an event, the negations before it no longer hold: the way on without them. */
  #withoutNegations(place: Place, sink: DraftState): DraftState {
    const negations = standingNegations(place).map((index) => this.#stops.get(place.level.steps[index]));
    if (negations.length === 0 || !isOptional(stepAt(place))) return sink;
    const copy = this.#builder.state(sink.kind, sink.name, sink.step);
    for (const { action, target, guard } of sink.edges) {
      if (action !== 'proceed') this.#builder.edge(copy, action, target === sink ? copy : target, guard);
      else if (target.kind !== 'stop') this.#builder.edge(copy, action, this.#withoutNegations(place, target), guard);
      else if (!negations.includes(target)) this.#builder.edge(copy, action, target, guard);
    }
    return copy;
  }

  // steps

  #single(place: Place, sink: DraftState): DraftState {
    const begin = this.#takingState({
      place,
      sink,
      bypass: sink,
      take: this.#take(place),
      ignore: this.#ignore(place, gapBefore(place)),
      optional: isOptional(stepAt(place)),
      firstRound: true,
    });
    this.#addStops(begin, place);
    return begin;
  }

  #negation(place: Place, sink: DraftState): DraftState {
    const step = stepAt(place) as NegationStep;
    return step.link === 'notNext' ? this.#notNext(step, place, sink) : this.#notFollowedBy(step, place, sink);
  }

  #notNext(step: NegationStep, place: Place, sink: DraftState): DraftState {
    const forbidden = this.#take(place);
    const state = this.#builder.state('normal', step.name, -1, step.within);
    // The last step's one event completes the match by being ignored: proceeding would complete it before.
    this.#builder.edge(state, sink.kind === 'final' ? 'ignore' : 'proceed', sink, not(forbidden));
    this.#builder.edge(state, 'proceed', this.#stop(step, forbidden), forbidden);
    return state;
  }

  /** In the middle it is no state but a guard on those around it. */
  #notFollowedBy(step: NegationStep, place: Place, sink: DraftState): DraftState {
    if (step.for !== undefined) return this.#absence(step, place, sink);
    if (sink.kind !== 'final' || (step.within === undefined && this.pattern.within === undefined)) return sink;
    const forbidden = this.#take(place);
    const state = this.#builder.state('pending', step.name, -1, step.within);
    this.#builder.edge(state, 'proceed', this.#stop(step, forbidden), forbidden);
    this.#builder.edge(state, 'ignore', state, not(forbidden));
    return state;
  }

  /** With a time of its own it is a state: the partial match stays there until that time is over. */
  #absence(step: NegationStep, place: Place, sink: DraftState): DraftState {
    const forbidden = this.#take(place);
    const state = this.#builder.state('absence', step.name, -1, step.for, sink);
    this.#builder.edge(state, 'proceed', this.#stop(step, forbidden), forbidden);
    this.#builder.edge(state, 'ignore', state, not(forbidden));
    this.#addStops(state, place);
    return state;
  }

  #repetition(place: Place, sink: DraftState): DraftState {
    const step = stepAt(place) as StepByKind[RepeatedKind];
    const begin = this.#repeat(step, place, sink);
    this.#addStops(begin, place);
    return begin;
  }

  #repeat(step: StepByKind[RepeatedKind], place: Place, sink: DraftState): DraftState {
    if (step.times === undefined) {
      return this.#round[step.kind]({
        place,
        sink,
        bypass: sink,
        take: this.#take(place),
        ignore: this.#ignore(place, gapBefore(place)),
        optional: isOptional(stepAt(place)),
        firstRound: true,
      });
    }
    if (step.times.max !== undefined) return this.#rounds(step, place, sink, sink);
    const loop = this.#loop[step.kind](place, this.#withoutNegations(place, sink));
    return this.#rounds(step, place, loop, sink);
  }

  /** The rounds written out, up to `max`; without one, up to `min` and then the loop that `last` begins. */
  #rounds(step: StepByKind[RepeatedKind], place: Place, last: DraftState, bypass: DraftState): DraftState {
    const { min: least, max } = step.times as NonNullable<typeof step.times>;
    const min = Math.max(1, least);
    const until = this.guards.of.get(step)?.until;
    const unless = (guard: Guard): Guard => (until === undefined ? guard : and(not(until), guard));
    const take = unless(this.#take(place));
    const inside = this.#ignore(place, gapInside(place));
    const ignore = inside === undefined ? undefined : unless(inside);
    if (step.kind === 'loop' && step.greedy && max !== undefined && max !== min) this.#builder.forbid(bypass, take);
    let begin = last;
    for (let round = max ?? min; round > 1; round--) {
      begin = this.#round[step.kind]({ place, sink: begin, bypass, take, ignore, optional: round > min, firstRound: false });
      this.#addStopInLoop(begin, place);
    }
    return this.#round[step.kind]({
      place,
      sink: begin,
      bypass,
      take,
      ignore: this.#ignore(place, gapBefore(place)),
      optional: isOptional(step),
      firstRound: true,
    });
  }

  /** A state that takes one event; if it may be left out, with a second one behind an ignored event. */
  #takingState({ place, sink, bypass, take, ignore, optional }: Round): DraftState {
    const builder = this.#builder;
    const step = stepAt(place) as SingleStep | LoopStep;
    const state = this.#waiting(step);
    const next = this.#withoutNegations(place, sink);
    builder.edge(state, 'take', next, take);
    if (optional) this.#leaveOut(state, place, bypass);
    if (ignore === undefined) return state;
    if (!optional && !isHeadOfOptionalGroup(place)) {
      builder.edge(state, 'ignore', state, ignore);
      return state;
    }
    const waiting = this.#waitingOn(step);
    builder.edge(waiting, 'take', next, take);
    builder.edge(waiting, 'ignore', waiting, ignore);
    this.#addStops(waiting, place);
    builder.edge(state, 'ignore', waiting, ignore);
    return state;
  }

  #leaveOut(state: DraftState, place: Place, bypass: DraftState): void {
    const step = stepAt(place);
    const free = this.#unlessUntil(place, TRUE);
    const until = step.kind === 'loop' && step.greedy ? this.guards.of.get(step)?.until : undefined;
    if (until !== undefined) this.#builder.edge(state, 'proceed', this.#ungreedy.get(bypass) ?? bypass, and(free, until));
    this.#builder.edge(state, 'proceed', bypass, until === undefined ? free : and(free, not(until)));
  }

  /** The part of a loop beyond `min`: takes any number of events, and can be left at any time. */
  #openLoop(place: Place, sink: DraftState): DraftState {
    const builder = this.#builder;
    const step = stepAt(place) as LoopStep;
    const until = this.guards.of.get(step)?.until;
    const unless = (guard: Guard): Guard => (until === undefined ? guard : and(not(until), guard));
    const take = unless(this.#take(place));
    const inside = this.#ignore(place, gapInside(place));
    const state = this.#waiting(step);
    this.#leaveLoop(state, place, sink, until);
    builder.edge(state, 'take', state, take);
    this.#addStopInLoop(state, place);
    if (inside === undefined) return state;
    const ignore = unless(inside);
    const waiting = this.#waitingOn(step);
    builder.edge(waiting, 'take', state, take);
    builder.edge(waiting, 'ignore', waiting, ignore);
    builder.edge(state, 'ignore', waiting, ignore);
    this.#addStopInLoop(waiting, place);
    return state;
  }

  /** A greedy loop is not left by an event that it could take, unless `until` has ended it. */
  #leaveLoop(state: DraftState, place: Place, sink: DraftState, until: Guard | undefined): void {
    const free = this.#unlessUntil(place, TRUE);
    if (!(stepAt(place) as LoopStep).greedy) return this.#builder.edge(state, 'proceed', sink, free);
    if (until !== undefined) {
      const ended = this.#builder.copy(sink);
      this.#builder.edge(state, 'proceed', ended, and(free, until));
      this.#ungreedy.set(sink, ended);
    }
    this.#builder.edge(state, 'proceed', sink, until === undefined ? free : and(free, not(until)));
    this.#builder.forbid(sink, this.#take(place));
  }

  // groups

  #inside(place: Place, firstRound: boolean): Level {
    const group = stepAt(place) as GroupStep;
    return { steps: group.steps, group, firstRound, until: this.guards.of.get(group)?.until, following: stepAfter(place) };
  }

  #groupRound({ place, sink, bypass, optional, firstRound }: Round): DraftState {
    const begin = this.#level(this.#inside(place, firstRound), sink);
    if (optional) this.#builder.edge(begin, 'proceed', bypass, this.#unlessUntil(place, TRUE));
    return begin;
  }

  /** Rounds beyond `min`: a hub after each, from which the next begins or the pattern goes on. */
  #openGroup(place: Place, sink: DraftState): DraftState {
    const free = this.#unlessUntil(place, TRUE);
    const step = stepAt(place) as GroupStep;
    const hub = this.#builder.state('normal', step.name, -1, this.#hasHub ? step.times?.within : undefined);
    this.#hasHub = true;
    const begin = this.#level(this.#inside(place, false), hub);
    this.#builder.edge(begin, 'proceed', sink, free);
    this.#builder.edge(hub, 'proceed', begin, free);
    return begin;
  }

  // branches

  #oneOfRound(round: Round): DraftState {
    const { branches } = stepAt(round.place) as OneOfStep;
    return this.#choice(
      round,
      branches.map((branch) => this.#branch(round.place, branch, this.#withoutNegations(round.place, round.sink))),
    );
  }

  /** One choice for each set of branches that have been gone through: 2^n - 1 states. */
  #allOfRound(round: Round): DraftState {
    const { place, sink } = round;
    const step = stepAt(place) as AllOfStep;
    const all = 2 ** step.branches.length - 1;
    const choices: DraftState[] = [];
    choices[all] = this.#withoutNegations(place, sink);
    for (let done = all - 1; done >= 0; done--) {
      const left = step.branches.flatMap((branch, index) => ((done >> index) & 1 ? [] : [{ branch, after: choices[done | (1 << index)] }]));
      const ways = left.map(({ branch, after }) => this.#branch(place, branch, after));
      const fits = left.map(({ branch }) => headGuard(branch[0], this.guards.of)).reduce(or);
      choices[done] = this.#choice(done === 0 ? round : { place, ignore: this.#passOver(place, step.loop, fits) }, ways);
    }
    return choices[0];
  }

  /** A greedy loop at the end of a branch forbids its events in the state behind it: that of its own branch only. */
  #branch(place: Place, steps: readonly Step[], sink: DraftState): DraftState {
    const last = steps[steps.length - 1];
    const behind = last.kind === 'loop' && last.greedy && sink.kind !== 'final' ? this.#builder.copy(sink) : sink;
    return this.#level({ steps, firstRound: true, until: place.level.until, following: stepAfter(place) }, behind);
  }

  /** A state that waits for the head of any way. If it may be left out, with a second one behind an ignored event. */
  #choice({ place, ignore, optional, bypass }: Pick<Round, 'place' | 'ignore'> & Partial<Round>, ways: readonly DraftState[]): DraftState {
    const free = this.#unlessUntil(place, TRUE);
    const step = stepAt(place) as OneOfStep | AllOfStep;
    // Where the partial match may go on without the round, a bound would end that way, too.
    const bound = optional === false ? step.within : undefined;
    const make = (): DraftState => {
      const state = this.#builder.state('normal', step.name, -1, bound);
      for (const way of ways) this.#builder.edge(state, 'proceed', way, free);
      return state;
    };
    const leavable = optional === true || isHeadOfOptionalGroup(place);
    const state = make();
    const waiting = leavable && ignore !== undefined ? make() : state;
    if (optional === true && bypass !== undefined) this.#builder.edge(state, 'proceed', bypass, free);
    if (ignore === undefined) return state;
    this.#builder.edge(state, 'ignore', waiting, ignore);
    if (waiting !== state) {
      this.#builder.edge(waiting, 'ignore', waiting, ignore);
      this.#addStops(waiting, place);
    }
    return state;
  }

  /** Rounds beyond `min`: a choice that can also be left. */
  #openBranching(place: Place, sink: DraftState): DraftState {
    const hub = this.#builder.state('normal', stepAt(place).name, -1);
    const step = stepAt(place) as OneOfStep | AllOfStep;
    const begin = this.#round[step.kind]({
      place,
      sink: hub,
      bypass: sink,
      take: this.#take(place),
      ignore: this.#ignore(place, gapInside(place)),
      optional: true,
      firstRound: false,
    });
    this.#builder.edge(hub, 'proceed', begin, this.#unlessUntil(place, TRUE));
    return begin;
  }
}
