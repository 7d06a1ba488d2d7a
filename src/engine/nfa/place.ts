import type { GroupStep } from '../pattern/ir/group-step.js';
import { isOptional, type Step } from '../pattern/ir/step.js';
import type { LoopContiguity } from '../pattern/ir/times.js';
import type { Guard } from './guard.js';

/** The list of steps being compiled: the pattern's own or a round of a group. */
export interface Level {
  readonly steps: readonly Step[];
  readonly group?: GroupStep;
  /** Is it the round that a match enters first? That one takes the group's link, the others its `loop`. */
  readonly firstRound: boolean;
  /** The group's `until`. */
  readonly until?: Guard;
  /** The step behind the whole list. */
  readonly following?: Step;
}

/** A step in its list. */
export interface Place {
  readonly level: Level;
  readonly index: number;
}

export function stepAt({ level, index }: Place): Step {
  return level.steps[index];
}

export function isHeadOfGroup({ level, index }: Place): boolean {
  return level.group !== undefined && index === 0;
}

/** The step that comes next; behind the last of a group, the one after the group. */
export function stepAfter({ level, index }: Place): Step | undefined {
  return level.steps[index + 1] ?? level.following;
}

const CONTIGUITY: Readonly<Record<Step['link'], LoopContiguity>> = {
  begin: 'strict',
  next: 'strict',
  followedBy: 'relaxed',
  followedByAny: 'any',
  notNext: 'strict',
  notFollowedBy: 'relaxed',
};

/** What may lie before the step's first event. */
export function gapBefore(place: Place): LoopContiguity {
  const { group, firstRound } = place.level;
  if (group === undefined || !isHeadOfGroup(place)) return CONTIGUITY[stepAt(place).link];
  return firstRound ? CONTIGUITY[group.link] : group.loop;
}

/** What may lie between the step's events. A group's head has the group's, not its own: as in Flink. */
export function gapInside(place: Place): LoopContiguity {
  const { group } = place.level;
  if (group !== undefined && isHeadOfGroup(place)) return group.loop;
  const step = stepAt(place);
  return 'loop' in step ? step.loop : 'relaxed';
}

/** Is it where an optional group begins? Leaving the group out begins there. */
export function isHeadOfOptionalGroup(place: Place): boolean {
  const { group, firstRound } = place.level;
  return group !== undefined && isHeadOfGroup(place) && firstRound && isOptional(group);
}

/** The notFollowedBy steps that still hold when the step waits: right before it, or with optional steps between. */
export function standingNegations({ level, index }: Place): number[] {
  const found: number[] = [];
  for (let at = index - 1; at >= 0; at--) {
    const step = level.steps[at];
    // One with a time of its own has done its work when the pattern goes on.
    if (step.kind === 'negation' && step.for !== undefined) continue;
    const forbids = step.kind === 'negation' && step.link === 'notFollowedBy';
    if (!forbids && !isOptional(step)) break;
    if (forbids) found.push(at);
  }
  return found;
}
