/** notNext and notFollowedBy: states that an event must not leave by, or guards on the states around them. */
import type { NegationStep } from '../../pattern/ir/negation-step.js';
import type { DraftState } from '../builder.js';
import { not } from '../guard.js';
import { type Place, stepAt } from '../place.js';
import type { PatternDraft } from './draft.js';

/** Where the step begins; `sink` is what follows it. */
export function negation(draft: PatternDraft, place: Place, sink: DraftState): DraftState {
  const step = stepAt(place) as NegationStep;
  return step.link === 'notNext' ? notNext(draft, step, place, sink) : notFollowedBy(draft, step, place, sink);
}

function notNext(draft: PatternDraft, step: NegationStep, place: Place, sink: DraftState): DraftState {
  const forbidden = draft.take(place);
  const state = draft.builder.state('normal', step.name, -1, step.within);
  // The last step's one event completes the match by being ignored: proceeding would complete it before.
  draft.builder.edge(state, sink.kind === 'final' ? 'ignore' : 'proceed', sink, not(forbidden));
  draft.builder.edge(state, 'proceed', draft.stop(step, forbidden), forbidden);
  return state;
}

/** In the middle it is no state but a guard on those around it. */
function notFollowedBy(draft: PatternDraft, step: NegationStep, place: Place, sink: DraftState): DraftState {
  if (step.for !== undefined) return absence(draft, step, place, sink);
  if (sink.kind !== 'final' || (step.within === undefined && draft.pattern.within === undefined)) return sink;
  const forbidden = draft.take(place);
  const state = draft.builder.state('pending', step.name, -1, step.within);
  draft.builder.edge(state, 'proceed', draft.stop(step, forbidden), forbidden);
  draft.builder.edge(state, 'ignore', state, not(forbidden));
  return state;
}

/** With a time of its own it is a state: the partial match stays there until that time is over. */
function absence(draft: PatternDraft, step: NegationStep, place: Place, sink: DraftState): DraftState {
  const forbidden = draft.take(place);
  const state = draft.builder.state('absence', step.name, -1, step.for, sink);
  draft.builder.edge(state, 'proceed', draft.stop(step, forbidden), forbidden);
  draft.builder.edge(state, 'ignore', state, not(forbidden));
  draft.addStops(state, place);
  return state;
}
