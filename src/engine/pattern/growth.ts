/**
 * How many partial matches of one key can be open after n of its events: an upper bound read off the pattern.
 * Conditions can only lower it, since they decide which events count.
 */
import { formatDuration } from '../time/duration.js';
import {
  type CompositeStep,
  isBranching,
  isComposite,
  isOpenLoop,
  isOptional,
  sequencesIn,
  type Step,
  type StepByKind,
  type StepKind,
} from './ir/step.js';
import type { Pattern } from './pattern.js';

export interface Growth {
  /** At most c · n^degree for some constant c; Infinity: exponential. */
  readonly degree: number;
  /** The steps that make it more than linear. */
  readonly branching: readonly string[];
}

/** What the steps behind a step do with a partial match that has left it. */
interface Behind {
  /** It may wait there. */
  readonly waits: boolean;
  /** The whole group around comes this often. */
  readonly rounds: number;
}

/** How many free choices among n events one step adds. */
const CHOICES: { readonly [K in StepKind]: (step: StepByKind[K], behind: Behind) => number } = {
  single: anyLink,
  negation: () => 0,
  loop: (step, behind) => anyLink(step) + loopChoices(step, behind),
  group: (step, behind) => anyLink(step) + loopChoices(step, behind),
  oneOf: (step, behind) => anyLink(step) + loopChoices(step, behind),
  allOf: (step, behind) => anyLink(step) + (step.loop === 'any' ? step.branches.length - 1 : 0) + loopChoices(step, behind),
};

export function growthOf(steps: readonly Step[]): Growth {
  const branching = new Set<string>();
  const choices = choicesOf(steps, { waits: false, rounds: 1 }, branching);
  // Without a gap to wait in, a partial match dies or moves on by each event.
  return { degree: choices + (steps.some((step, index) => waitsAt(step, index > 0)) ? 1 : 0), branching: [...branching] };
}

/** In words, for people. */
export function growthText({ steps, within }: Pick<Pattern, 'steps' | 'within'>): string {
  return `${growthLaw(growthOf(steps))}; ${within === undefined ? 'n counts all events of the key, since there is no `within`' : `n counts the events of ${formatDuration(within)}`}`;
}

export function growthLaw({ degree, branching }: Growth): string {
  const because = branching.length === 0 ? '' : `, because of ${branching.map((name) => `\`${name}\``).join(', ')}`;
  if (degree === 0) return 'constant: without a gap to wait in, each event moves a partial match on or ends it';
  if (degree === 1) return 'linear: at most c · n open partial matches for n events of a key';
  if (degree === Infinity) return `exponential: up to 2^n open partial matches for n events of a key${because}`;
  return `polynomial: at most c · n^${degree} open partial matches for n events of a key${because}`;
}

function choicesOf(steps: readonly Step[], around: Behind, branching: Set<string>): number {
  return steps.reduce((sum, step, index) => {
    const behind = { waits: waitsBehind(steps, index, around), rounds: around.rounds };
    const rounds = isComposite(step) && step.times !== undefined ? around.rounds * (step.times.max ?? Infinity) : around.rounds;
    const ambiguous = isAmbiguous(step) && (isBranching(step) ? rounds : around.rounds) === Infinity;
    const own = ambiguous ? Infinity : (CHOICES[step.kind] as (step: Step, behind: Behind) => number)(step, behind);
    if (own > 0) branching.add(step.name);
    const inner = sequencesIn(step).reduce((most, steps) => most + choicesOf(steps, { ...behind, rounds }, branching), 0);
    return sum + (own === 0 ? 0 : own * around.rounds) + inner;
  }, 0);
}

/** Can one event go on in two ways? Once that is a factor; in rounds without end the ways multiply. */
function isAmbiguous(step: Step): boolean {
  return isOptional(step) || isBranching(step) || (step.kind === 'loop' && step.times.min !== step.times.max);
}

/** May what has left the step wait? An absence is a wait, too. */
function waitsBehind(steps: readonly Step[], index: number, around: Behind): boolean {
  const negation = steps[index + 1];
  if (negation?.kind === 'negation' && negation.link === 'notFollowedBy' && (negation.for !== undefined || index + 2 === steps.length))
    return true;
  const next = steps.slice(index + 1).find(({ kind }) => kind !== 'negation');
  return next === undefined ? around.waits : waitsAt(next, true);
}

function anyLink(step: Exclude<Step, { kind: 'negation' }>): number {
  return step.link === 'followedByAny' ? 1 : 0;
}

/** `any`: which events are taken. Else only where the loop ends, if what has left it lives on. */
function loopChoices(step: StepByKind['loop'] | CompositeStep, { waits }: Behind): number {
  if (step.times === undefined) return 0;
  if (step.loop === 'any') return (step.times.max ?? Infinity) - 1;
  return isOpenLoop(step) && waits ? 1 : 0;
}

/** May a partial match stay there, whatever comes? */
function waitsAt(step: Step, hasGapBefore: boolean): boolean {
  const gap = hasGapBefore && (step.link === 'followedBy' || step.link === 'followedByAny' || step.link === 'notFollowedBy');
  if (gap || isOpenLoop(step)) return true;
  if (step.kind === 'loop') return step.loop !== 'strict' && step.times.max !== 1;
  return (
    isComposite(step) &&
    (((step.times !== undefined || step.kind === 'allOf') && step.loop !== 'strict') ||
      sequencesIn(step).some((steps) => steps.some((each, index) => waitsAt(each, index > 0))))
  );
}
