/** Groups: a round is the sequence of its steps, compiled again for each repetition. */
import type { GroupStep } from '../../pattern/ir/group-step.js';
import type { DraftState } from '../builder.js';
import { TRUE } from '../guard.js';
import { type Level, type Place, stepAfter, stepAt } from '../place.js';
import type { PatternDraft } from './draft.js';
import type { Round } from './round.js';
import type { SequenceCompiler } from './sequence-compiler.js';

function inside(draft: PatternDraft, place: Place, firstRound: boolean): Level {
  const group = stepAt(place) as GroupStep;
  return { steps: group.steps, group, firstRound, until: draft.untilOf(group), following: stepAfter(place) };
}

export function groupRound(compiler: SequenceCompiler, { place, sink, bypass, optional, firstRound }: Round): DraftState {
  const begin = compiler.sequence(inside(compiler.draft, place, firstRound), sink);
  if (optional) compiler.draft.builder.edge(begin, 'proceed', bypass, compiler.draft.unlessUntil(place, TRUE));
  return begin;
}

/** Rounds beyond `min`: a hub after each, from which the next begins or the pattern goes on. */
export function openGroup(compiler: SequenceCompiler, place: Place, sink: DraftState): DraftState {
  const free = compiler.draft.unlessUntil(place, TRUE);
  const step = stepAt(place) as GroupStep;
  const hub = compiler.draft.hub(step.name, step.times?.within);
  const begin = compiler.sequence(inside(compiler.draft, place, false), hub);
  compiler.draft.builder.edge(begin, 'proceed', sink, free);
  compiler.draft.builder.edge(hub, 'proceed', begin, free);
  return begin;
}
