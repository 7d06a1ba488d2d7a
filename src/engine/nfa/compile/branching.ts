/** oneOf and allOf: a choice is a state that waits for the head of any branch; the branches are states behind it. */
import type { AllOfStep } from '../../pattern/ir/all-of-step.js';
import type { OneOfStep } from '../../pattern/ir/one-of-step.js';
import type { Step } from '../../pattern/ir/step.js';
import type { DraftState } from '../builder.js';
import { headGuard } from '../conditions.js';
import { or, TRUE } from '../guard.js';
import { gapInside, isHeadOfOptionalGroup, type Place, stepAfter, stepAt } from '../place.js';
import type { PatternDraft } from './draft.js';
import type { Round } from './round.js';
import type { SequenceCompiler } from './sequence-compiler.js';

const ROUNDS = { oneOf: oneOfRound, allOf: allOfRound };

export function oneOfRound(compiler: SequenceCompiler, round: Round): DraftState {
  const { place } = round;
  const { branches } = stepAt(place) as OneOfStep;
  const sink = compiler.draft.withoutNegations(place, round.sink);
  const ways = branches.map((branch) => throughBranch(compiler, place, branch, sink));
  return choice(compiler.draft, round, ways);
}

/** One choice for each set of branches that have been gone through: 2^n - 1 states. */
export function allOfRound(compiler: SequenceCompiler, round: Round): DraftState {
  const { place, sink } = round;
  const { draft } = compiler;
  const step = stepAt(place) as AllOfStep;
  const all = 2 ** step.branches.length - 1;
  const choices: DraftState[] = [];
  choices[all] = draft.withoutNegations(place, sink);
  for (let done = all - 1; done >= 0; done--) {
    const left = step.branches.flatMap((branch, index) => ((done >> index) & 1 ? [] : [{ branch, after: choices[done | (1 << index)] }]));
    const ways = left.map(({ branch, after }) => throughBranch(compiler, place, branch, after));
    const fits = left.map(({ branch }) => headGuard(branch[0], draft.guards.of)).reduce(or);
    choices[done] = choice(draft, done === 0 ? round : { place, ignore: draft.passOver(place, step.loop, fits) }, ways);
  }
  return choices[0];
}

/** A greedy loop at the end of a branch forbids its events in the state behind it: that of its own branch only. */
function throughBranch(compiler: SequenceCompiler, place: Place, steps: readonly Step[], sink: DraftState): DraftState {
  const last = steps[steps.length - 1];
  const behind = last.kind === 'loop' && last.greedy && sink.kind !== 'final' ? compiler.draft.builder.copy(sink) : sink;
  return compiler.sequence({ steps, firstRound: true, until: place.level.until, following: stepAfter(place) }, behind);
}

/** A state that waits for the head of any way. If it may be left out, with a second one behind an ignored event. */
function choice(
  draft: PatternDraft,
  { place, ignore, optional, bypass }: Pick<Round, 'place' | 'ignore'> & Partial<Round>,
  ways: readonly DraftState[],
): DraftState {
  const free = draft.unlessUntil(place, TRUE);
  const step = stepAt(place) as OneOfStep | AllOfStep;
  // Where the partial match may go on without the round, a bound would end that way, too.
  const bound = optional === false ? step.within : undefined;
  const make = (): DraftState => {
    const state = draft.builder.state('normal', step.name, -1, bound);
    for (const way of ways) draft.builder.edge(state, 'proceed', way, free);
    return state;
  };
  const leavable = optional === true || isHeadOfOptionalGroup(place);
  const state = make();
  const waiting = leavable && ignore !== undefined ? make() : state;
  if (optional === true && bypass !== undefined) draft.builder.edge(state, 'proceed', bypass, free);
  if (ignore === undefined) return state;
  draft.builder.edge(state, 'ignore', waiting, ignore);
  if (waiting !== state) {
    draft.builder.edge(waiting, 'ignore', waiting, ignore);
    draft.addStops(waiting, place);
  }
  return state;
}

/** Rounds beyond `min`: a choice that can also be left. */
export function openBranching(compiler: SequenceCompiler, place: Place, sink: DraftState): DraftState {
  const { draft } = compiler;
  const hub = draft.builder.state('normal', stepAt(place).name, -1);
  const step = stepAt(place) as OneOfStep | AllOfStep;
  const begin = ROUNDS[step.kind](compiler, {
    place,
    sink: hub,
    bypass: sink,
    take: draft.take(place),
    ignore: draft.ignore(place, gapInside(place)),
    optional: true,
    firstRound: false,
  });
  draft.builder.edge(hub, 'proceed', begin, draft.unlessUntil(place, TRUE));
  return begin;
}
