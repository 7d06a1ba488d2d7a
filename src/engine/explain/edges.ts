/** Why a match is one: which edge of the pattern each of its events took. Read off the pattern and the match alone. */
import type { Taken } from '../match/matcher.js';
import { conditionText } from '../pattern/ir/condition.js';
import type { Link } from '../pattern/ir/link.js';
import type { Step, StepByKind, StepKind, TakingStep } from '../pattern/ir/step.js';

/** A link, `loop`: one more event of the same step, or `round`: the first event of the next round of a group. */
export type Edge = Link | 'loop' | 'round';

export interface EdgeTaken {
  readonly step: string;
  readonly taken: Taken;
  readonly edge: Edge;
  /** The step's condition, absent when it takes any event. */
  readonly where?: string;
  /** ms since the match's event before it. */
  readonly waited?: number;
}

interface TakingPlace {
  readonly step: TakingStep;
  /** The link that leads to its first event: where it begins groups, the outermost one's. */
  readonly link: Link;
}

const PLACES: { readonly [K in StepKind]: (step: StepByKind[K], link: Link) => TakingPlace[] } = {
  single: (step, link) => [{ step, link }],
  loop: (step, link) => [{ step, link }],
  negation: () => [],
  group: (step, link) => placesInside(step.steps, link),
  oneOf: (step, link) => step.branches.flatMap((steps) => placesInside(steps, link)),
  allOf: (step, link) => step.branches.flatMap((steps) => placesInside(steps, link)),
};

/** By step number, as in a match's path. */
export function edgePlaces(steps: readonly Step[]): readonly TakingPlace[] {
  return steps.flatMap((step) => placesOf(step, step.kind === 'negation' ? 'begin' : step.link));
}

function placesOf(step: Step, link: Link): TakingPlace[] {
  return (PLACES[step.kind] as (step: Step, link: Link) => TakingPlace[])(step, link);
}

function placesInside(steps: readonly Step[], link: Link): TakingPlace[] {
  return steps.flatMap((step, index) => placesOf(step, index === 0 || step.kind === 'negation' ? link : step.link));
}

/** Which edge each event took, in the order taken. */
export function explainEdges(places: ReturnType<typeof edgePlaces>, path: readonly Taken[]): EdgeTaken[] {
  return path.map((taken, index) => {
    const { step, link } = places[taken.step];
    const before = path[index - 1];
    return {
      step: step.name,
      taken,
      edge: before === undefined ? 'begin' : edgeAfter(before.step, taken.step, step, link),
      ...(step.where !== undefined && { where: conditionText(step.where) }),
      ...(before !== undefined && { waited: taken.event.time - before.event.time }),
    };
  });
}

function edgeAfter(before: number, now: number, step: TakingStep, link: Link): Edge {
  if (before < now) return link;
  return before === now && step.kind === 'loop' ? 'loop' : 'round';
}
