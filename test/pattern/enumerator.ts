/**
 * What a pattern without a skip strategy means, as a definition: of all ways to give events to its steps, the
 * ones that keep the rules below. It knows nothing of states and partial matches; it is slow on purpose. Left out:
 * groups, greedy, until, bounds of steps, negations at the end. A pattern with oneOf and allOf means all the plain
 * patterns that it stands for.
 *
 * Results are sets: the matcher may come to one assignment in two ways.
 */
export interface Sample {
  readonly ts: number;
  readonly type: string;
  readonly v: number;
}

export type Gap = 'strict' | 'relaxed' | 'any';

/** The events that each step has, by index, in order. */
export type Assignment = ReadonlyMap<string, readonly number[]>;

/** A condition twice: as the rule has it, and as the definition reads it. */
export interface SampleCondition {
  readonly text: string;
  readonly holds: (event: Sample, eventsOf: (step: string) => readonly Sample[]) => boolean;
}

export interface SampleStep {
  readonly name: string;
  readonly link: 'begin' | 'next' | 'followedBy' | 'followedByAny';
  readonly where: SampleCondition;
  /** How many events; `max` may be Infinity. */
  readonly times?: { readonly min: number; readonly max: number };
  readonly loop: Gap;
  readonly optional: boolean;
  /** Of the head of a branch, the heads of the other branches that may come here: a relaxed gap holds none of theirs. */
  readonly rivals?: readonly SampleCondition[];
  /** What must not come between this step and the one after it. */
  readonly not?: { readonly name: string; readonly link: 'notNext' | 'notFollowedBy'; readonly where: SampleCondition };
}

/** oneOf or allOf: branches that each begin with a step that takes an event. */
export interface SampleChoice {
  readonly name: string;
  readonly kind: 'oneOf' | 'allOf';
  readonly link: SampleStep['link'];
  /** Of allOf: what may lie before a later branch. */
  readonly loop: Gap;
  readonly branches: readonly (readonly SampleStep[])[];
}

export interface SamplePattern {
  readonly steps: readonly SampleStep[];
  /** From the first event to the last, ms, exclusive. */
  readonly within?: number;
}

interface Taken {
  readonly step: number;
  readonly event: number;
}

const LINK = { strict: 'next', relaxed: 'followedBy', any: 'followedByAny' } as const satisfies Record<Gap, SampleStep['link']>;

/** The sequences of steps that a choice stands for: each branch by itself, or all of them in each order. */
export function expand({ name, kind, link, loop, branches }: SampleChoice): (readonly SampleStep[])[] {
  return branches.flatMap((branch) => {
    const others = branches.filter((other) => other !== branch);
    const [head, ...tail] = branch;
    const begun = [{ ...head, link, rivals: others.map(([rival]) => rival.where) }, ...tail];
    if (kind === 'oneOf' || others.length === 0) return [begun];
    return expand({ name, kind, link: LINK[loop], loop, branches: others }).map((rest) => [...begun, ...rest]);
  });
}

const GAP: Readonly<Record<SampleStep['link'], Gap>> = { begin: 'any', next: 'strict', followedBy: 'relaxed', followedByAny: 'any' };

export function enumerate(pattern: SamplePattern, events: readonly Sample[]): Assignment[] {
  return candidates(pattern, events, [])
    .filter((taken) => isMatch(pattern, events, taken))
    .map((taken) => assignment(pattern, taken));
}

/** All sequences of (step, event), steps in order, events growing. */
function candidates(pattern: SamplePattern, events: readonly Sample[], taken: readonly Taken[]): (readonly Taken[])[] {
  const last = taken.at(-1) ?? { step: 0, event: -1 };
  const found: (readonly Taken[])[] = taken.length === 0 ? [] : [taken];
  for (let step = last.step; step < pattern.steps.length; step++) {
    for (let event = last.event + 1; event < events.length; event++) {
      const longer = [...taken, { step, event }];
      // Only to be quicker: what is wrong now stays wrong.
      if (fits(pattern, events, longer, longer.length - 1)) found.push(...candidates(pattern, events, longer));
    }
  }
  return found;
}

function isMatch(pattern: SamplePattern, events: readonly Sample[], taken: readonly Taken[]): boolean {
  return (
    pattern.steps.every((step, number) => hasRightCount(step, taken.filter((one) => one.step === number).length)) &&
    taken.every((_, at) => fits(pattern, events, taken, at) && gapHolds(pattern, events, taken, at)) &&
    inTime(pattern, events, taken) &&
    pattern.steps.every((_, number) => negationHolds(pattern, events, taken, number))
  );
}

function hasRightCount({ times = { min: 1, max: 1 }, optional }: SampleStep, count: number): boolean {
  return (optional && count === 0) || (count >= times.min && count <= times.max);
}

/** Conditions see the events taken before. */
function condition(pattern: SamplePattern, events: readonly Sample[], before: readonly Taken[], { holds }: SampleCondition, event: number) {
  const eventsOf = (name: string) => before.filter(({ step }) => pattern.steps[step].name === name).map((one) => events[one.event]);
  return holds(events[event], eventsOf);
}

function fits(pattern: SamplePattern, events: readonly Sample[], taken: readonly Taken[], at: number): boolean {
  const { step, event } = taken[at];
  return condition(pattern, events, taken.slice(0, at), pattern.steps[step].where, event);
}

/** strict: nothing lies between. relaxed: nothing that would have fitted. any: anything. */
function gapHolds(pattern: SamplePattern, events: readonly Sample[], taken: readonly Taken[], at: number): boolean {
  if (at === 0) return true;
  const [previous, { step, event }] = [taken[at - 1], taken[at]];
  const { link, loop, where, rivals = [] } = pattern.steps[step];
  const inLoop = previous.step === step;
  const gap = inLoop ? loop : GAP[link];
  if (gap === 'strict') return event === previous.event + 1;
  const wanted = inLoop ? [where] : [where, ...rivals];
  const fitting = (between: number) => wanted.some((one) => condition(pattern, events, taken.slice(0, at), one, between));
  return gap === 'any' || !range(previous.event + 1, event).some(fitting);
}

function inTime({ within = Infinity }: SamplePattern, events: readonly Sample[], taken: readonly Taken[]): boolean {
  return events[taken[taken.length - 1].event].ts - events[taken[0].event].ts < within;
}

/**
 * notNext: the one event after the step, and after each event with which a loop could have been left: the whole
 * partial match dies there, also where the loop would have gone on. notFollowedBy: all from the step's first event to the first of a later step;
 * that one too, unless it completes the match. Flink's gap: while a loop {min, max} beyond min waits for an event,
 * only the first one that comes is looked at.
 */
function negationHolds(pattern: SamplePattern, events: readonly Sample[], taken: readonly Taken[], step: number): boolean {
  const { not, times = { min: 1, max: 1 } } = pattern.steps[step];
  const own = taken.filter((one) => one.step === step);
  const after = taken.find((one) => one.step > step);
  if (not === undefined || own.length === 0 || after === undefined) return true;
  const forbidden = (event: number) =>
    condition(
      pattern,
      events,
      taken.filter((one) => one.event < event),
      not.where,
      event,
    );
  if (not.link === 'notNext') return !own.slice(times.min - 1).some(({ event }) => forbidden(event + 1));
  const end = after === taken.at(-1) ? after.event : after.event + 1;
  const unseen = own.flatMap(({ event }, index) =>
    index < times.min || times.max === Infinity ? [] : range(own[index - 1].event + 2, event + 1),
  );
  return !range(own[0].event + 1, end).some((event) => !unseen.includes(event) && forbidden(event));
}

function assignment({ steps }: SamplePattern, taken: readonly Taken[]): Assignment {
  const found = new Map<string, number[]>();
  for (const { step, event } of taken) found.set(steps[step].name, [...(found.get(steps[step].name) ?? []), event]);
  return found;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}
