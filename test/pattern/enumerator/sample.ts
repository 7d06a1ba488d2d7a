/** Patterns as the definition reads them. Durations in ms. */

export interface Sample {
  readonly ts: number;
  readonly type: string;
  readonly v: number;
}

/** What may lie before an event: nothing, nothing that would have fitted, anything. */
export type Gap = 'strict' | 'relaxed' | 'any';

export type SampleLink = 'begin' | 'next' | 'followedBy' | 'followedByAny';

/** A condition twice: as the rule has it, and as the definition reads it. */
export interface SampleCondition {
  readonly text: string;
  readonly holds: (event: Sample, eventsOf: (step: string) => readonly Sample[]) => boolean;
}

/** How often; `max` may be Infinity. */
export interface SampleTimes {
  readonly min: number;
  readonly max: number;
  readonly within?: number;
  /** The loop takes one event for each value of `v`. */
  readonly distinct?: boolean;
}

export interface SampleStep {
  readonly kind: 'step';
  readonly name: string;
  readonly link: SampleLink;
  readonly where: SampleCondition;
  readonly times?: SampleTimes;
  readonly loop: Gap;
  readonly greedy?: boolean;
  readonly optional: boolean;
  readonly until?: SampleCondition;
  readonly within?: number;
}

export interface SampleNegation {
  readonly kind: 'not';
  readonly name: string;
  readonly link: 'notNext' | 'notFollowedBy';
  readonly where: SampleCondition;
  readonly for?: number;
  /** As last step. */
  readonly within?: number;
}

/** Several steps as one: a sequence (one branch), one of the branches, or all of them in any order. */
export interface SampleComposite {
  readonly kind: 'group' | 'oneOf' | 'allOf';
  readonly name: string;
  readonly link: SampleLink;
  readonly branches: readonly (readonly SampleItem[])[];
  readonly times?: SampleTimes;
  readonly loop: Gap;
  readonly optional: boolean;
  /** Of groups. */
  readonly until?: SampleCondition;
  /** Of oneOf and allOf: the wait for the first event of a round. */
  readonly within?: number;
}

export type SampleItem = SampleStep | SampleNegation | SampleComposite;

export interface SamplePattern {
  readonly steps: readonly SampleItem[];
  /** From the first event to the last, exclusive. */
  readonly within?: number;
}

/** Can it be passed without an event? */
export function isLeavable(item: SampleItem): boolean {
  return item.kind !== 'not' && (item.optional || item.times?.min === 0);
}
