import type { CompositeStep, StepByKind, StepKind } from '../../pattern/ir/step.js';
import { isOptional } from '../../pattern/ir/step.js';
import type { Pattern } from '../../pattern/pattern.js';
import type { DraftState } from '../builder.js';
import type { PatternGuards } from '../conditions.js';
import { and, type Guard, not } from '../guard.js';
import { gapBefore, gapInside, type Level, type Place, stepAt } from '../place.js';
import { allOfRound, oneOfRound, openBranching } from './branching.js';
import { PatternDraft } from './draft.js';
import { groupRound, openGroup } from './group.js';
import { negation } from './negation.js';
import type { Round } from './round.js';
import type { SequenceCompiler } from './sequence-compiler.js';
import { openLoop, takingState } from './taking.js';

type RepeatedKind = 'loop' | CompositeStep['kind'];

/** Compiles steps from the last to the first: a record over their kinds for each part that repetition needs. */
export class PatternCompiler implements SequenceCompiler {
  readonly draft: PatternDraft;

  readonly #begin: { readonly [K in StepKind]: (place: Place, sink: DraftState) => DraftState } = {
    single: (place, sink) => this.#single(place, sink),
    loop: (place, sink) => this.#repetition(place, sink),
    negation: (place, sink) => negation(this.draft, place, sink),
    group: (place, sink) => this.#repetition(place, sink),
    oneOf: (place, sink) => this.#repetition(place, sink),
    allOf: (place, sink) => this.#repetition(place, sink),
  };

  readonly #round: { readonly [K in Exclude<StepKind, 'negation'>]: (round: Round) => DraftState } = {
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
      begin = this.#begin[level.steps[index].kind]({ level, index }, begin);
    }
    return begin;
  }

  #single(place: Place, sink: DraftState): DraftState {
    const begin = takingState(this.draft, {
      place,
      sink,
      bypass: sink,
      take: this.draft.take(place),
      ignore: this.draft.ignore(place, gapBefore(place)),
      optional: isOptional(stepAt(place)),
      firstRound: true,
    });
    this.draft.addStops(begin, place);
    return begin;
  }

  #repetition(place: Place, sink: DraftState): DraftState {
    const step = stepAt(place) as StepByKind[RepeatedKind];
    const begin = this.#repeat(step, place, sink);
    this.draft.addStops(begin, place);
    return begin;
  }

  #repeat(step: StepByKind[RepeatedKind], place: Place, sink: DraftState): DraftState {
    if (step.times === undefined) {
      return this.#round[step.kind]({
        place,
        sink,
        bypass: sink,
        take: this.draft.take(place),
        ignore: this.draft.ignore(place, gapBefore(place)),
        optional: isOptional(stepAt(place)),
        firstRound: true,
      });
    }
    if (step.times.max !== undefined) return this.#rounds(step, place, sink, sink);
    const loop = this.#loop[step.kind](place, this.draft.withoutNegations(place, sink));
    return this.#rounds(step, place, loop, sink);
  }

  /** The rounds written out, up to `max`; without one, up to `min` and then the loop that `last` begins. */
  #rounds(step: StepByKind[RepeatedKind], place: Place, last: DraftState, bypass: DraftState): DraftState {
    const { min: least, max } = step.times as NonNullable<typeof step.times>;
    const min = Math.max(1, least);
    const until = this.draft.untilOf(step);
    const unless = (guard: Guard): Guard => (until === undefined ? guard : and(not(until), guard));
    const take = unless(this.draft.take(place));
    const inside = this.draft.ignore(place, gapInside(place));
    const ignore = inside === undefined ? undefined : unless(inside);
    if (step.kind === 'loop' && step.greedy && max !== undefined && max !== min) this.draft.builder.forbid(bypass, take);
    let begin = last;
    for (let round = max ?? min; round > 1; round--) {
      begin = this.#round[step.kind]({ place, sink: begin, bypass, take, ignore, optional: round > min, firstRound: false });
      this.draft.addStopInLoop(begin, place);
    }
    return this.#round[step.kind]({
      place,
      sink: begin,
      bypass,
      take,
      ignore: this.draft.ignore(place, gapBefore(place)),
      optional: isOptional(step),
      firstRound: true,
    });
  }
}
