/** Steps that take events, and the open ends of their loops: one to two states for each event. */
import type { LoopStep } from '../../pattern/ir/loop-step.js';
import type { SingleStep } from '../../pattern/ir/single-step.js';
import type { DraftState } from '../builder.js';
import { and, type Guard, not, TRUE } from '../guard.js';
import { gapInside, isHeadOfOptionalGroup, type Place, stepAt } from '../place.js';
import type { PatternDraft } from './draft.js';
import type { Round } from './round.js';

/** A state that takes one event; if it may be left out, with a second one behind an ignored event. */
export function takingState(draft: PatternDraft, { place, sink, bypass, take, ignore, optional }: Round): DraftState {
  const builder = draft.builder;
  const step = stepAt(place) as SingleStep | LoopStep;
  const state = draft.waiting(step);
  const next = draft.withoutNegations(place, sink);
  builder.edge(state, 'take', next, take);
  if (optional) leaveOut(draft, state, place, bypass);
  if (ignore === undefined) return state;
  if (!optional && !isHeadOfOptionalGroup(place)) {
    builder.edge(state, 'ignore', state, ignore);
    return state;
  }
  const waiting = draft.waitingOn(step);
  builder.edge(waiting, 'take', next, take);
  builder.edge(waiting, 'ignore', waiting, ignore);
  draft.addStops(waiting, place);
  builder.edge(state, 'ignore', waiting, ignore);
  return state;
}

function leaveOut(draft: PatternDraft, state: DraftState, place: Place, bypass: DraftState): void {
  const step = stepAt(place);
  const free = draft.unlessUntil(place, TRUE);
  const until = step.kind === 'loop' && step.greedy ? draft.untilOf(step) : undefined;
  if (until !== undefined) draft.builder.edge(state, 'proceed', draft.ungreedy.get(bypass) ?? bypass, and(free, until));
  draft.builder.edge(state, 'proceed', bypass, until === undefined ? free : and(free, not(until)));
}

/** The part of a loop beyond `min`: takes any number of events, and can be left at any time. */
export function openLoop(draft: PatternDraft, place: Place, sink: DraftState): DraftState {
  const builder = draft.builder;
  const step = stepAt(place) as LoopStep;
  const until = draft.untilOf(step);
  const unless = (guard: Guard): Guard => (until === undefined ? guard : and(not(until), guard));
  const take = unless(draft.take(place));
  const inside = draft.ignore(place, gapInside(place));
  const state = draft.waiting(step);
  leaveLoop(draft, state, place, sink, until);
  builder.edge(state, 'take', state, take);
  draft.addStopInLoop(state, place);
  if (inside === undefined) return state;
  const ignore = unless(inside);
  const waiting = draft.waitingOn(step);
  builder.edge(waiting, 'take', state, take);
  builder.edge(waiting, 'ignore', waiting, ignore);
  builder.edge(state, 'ignore', waiting, ignore);
  draft.addStopInLoop(waiting, place);
  return state;
}

/** A greedy loop is not left by an event that it could take, unless `until` has ended it. */
function leaveLoop(draft: PatternDraft, state: DraftState, place: Place, sink: DraftState, until: Guard | undefined): void {
  const free = draft.unlessUntil(place, TRUE);
  if (!(stepAt(place) as LoopStep).greedy) return draft.builder.edge(state, 'proceed', sink, free);
  if (until !== undefined) {
    const ended = draft.builder.copy(sink);
    draft.builder.edge(state, 'proceed', ended, and(free, until));
    draft.ungreedy.set(sink, ended);
  }
  draft.builder.edge(state, 'proceed', sink, until === undefined ? free : and(free, not(until)));
  draft.builder.forbid(sink, draft.take(place));
}
