import type { CompositeStep, StepByKind, StepKind } from '../../pattern/ir/step.js';
import { isOptional } from '../../pattern/ir/step.js';
import type { Times } from '../../pattern/ir/times.js';
import type { Pattern } from '../../pattern/pattern.js';
import type { DraftState } from '../builder.js';
import type { PatternGuards } from '../conditions.js';
import { and, type Guard, not } from '../guard.js';
import { gapBefore, gapInside, type Level, type Place } from '../place.js';
import { allOfRound, oneOfRound, openBranching } from './branching.js';
import { PatternDraft } from './draft.js';
import { groupRound, openGroup } from './group.js';
import { negation } from './negation.js';
import type { Round } from './round.js';
import type { SequenceCompiler } from './sequence-compiler.js';
import { openLoop, takingState } from './taking.js';

type TakingKind = Exclude<StepKind, 'negation'>;
type RepeatedKind = 'loop' | CompositeStep['kind'];

/** Compiles steps from the last to the first: a record over their kinds for each part that repetition needs. */
export class PatternCompiler implements SequenceCompiler {
  readonly draft: PatternDraft;

  readonly #round: { readonly [K in TakingKind]: (round: Round) => DraftState } = {
    single: (round) => takingState(this.draft, round),
    loop: (round) => takingState(this.draft, round),
    group: (round) => groupRound(this, round),
    oneOf: (round) => oneOfRound(this, round),
    allOf: (round) => allOfRound(this, round),
  };

  readonly #loop: { readonly [K in RepeatedKind]: (place: Place, sink: DraftState) => DraftState } = {
    loop: (place, sink) => openLoop(this.draft, place, sink),
    group: (place, sink) => openGroup(this, place, sink),
    oneOf: (place, sink) => openBranching(this, place, sink),
    allOf: (place, sink) => openBranching(this, place, sink),
  };

  constructor(pattern: Pattern, guards: PatternGuards) {
    this.draft = new PatternDraft(pattern, guards);
  }

  compile() {
    const { builder, pattern } = this.draft;
    const end = builder.state('final', 'end', -1);
    return builder.build(this.sequence({ steps: pattern.steps, firstRound: true }, end));
  }

  sequence(level: Level, sink: DraftState): DraftState {
    let begin = sink;
    for (let index = level.steps.length - 1; index >= 0; index--) {
      const step = level.steps[index];
      const place = { level, index };
      begin = step.kind === 'negation' ? negation(this.draft, place, begin) : this.#taking(step, place, begin);
    }
    return begin;
  }

  #taking(step: StepByKind[TakingKind], place: Place, sink: DraftState): DraftState {
    const begin =
      step.kind === 'single' || step.times === undefined
        ? this.#firstRound(step, place, { sink, bypass: sink, take: this.draft.take(place) })
        : this.#repeated(step, step.times, place, sink);
    this.draft.addStops(begin, place);
    return begin;
  }

  #firstRound(step: StepByKind[TakingKind], place: Place, round: Pick<Round, 'sink' | 'bypass' | 'take'>): DraftState {
    const ignore = this.draft.ignore(place, gapBefore(place));
    return this.#round[step.kind]({ ...round, place, ignore, optional: isOptional(step), firstRound: true });
  }

  /** The rounds written out, up to `max`; without one, up to `min` and then a loop. */
  #repeated(step: StepByKind[RepeatedKind], times: Times, place: Place, sink: DraftState): DraftState {
    const { draft } = this;
    const open = times.max === undefined;
    let begin = open ? this.#loop[step.kind](place, draft.withoutNegations(place, sink)) : sink;
    const min = Math.max(1, times.min);
    const until = draft.untilOf(step);
    const unless = (guard: Guard): Guard => (until === undefined ? guard : and(not(until), guard));
    const take = unless(draft.take(place));
    const inside = draft.ignore(place, gapInside(place));
    const ignore = inside === undefined ? undefined : unless(inside);
    if (step.kind === 'loop' && step.greedy && !open && times.max !== min) draft.builder.forbid(sink, take);
    for (let round = times.max ?? min; round > 1; round--) {
      begin = this.#round[step.kind]({ place, sink: begin, bypass: sink, take, ignore, optional: round > min, firstRound: false });
      draft.addStopInLoop(begin, place);
    }
    return this.#firstRound(step, place, { sink: begin, bypass: sink, take });
  }
}
