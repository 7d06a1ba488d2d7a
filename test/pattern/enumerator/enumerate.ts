/**
 * What a pattern without a skip strategy means, as a definition: of all ways to give events to the steps of its
 * scripts, those that keep the rules below. It knows nothing of automata; it is slow on purpose.
 *
 * Results are sets: the matcher may come to one assignment in two ways.
 */
import type { Sample, SampleCondition, SampleNegation, SamplePattern, SampleStep } from './sample.js';
import { type Action, type Position, type Script, scriptsOf } from './scripts.js';

/** The events that each step has, by index, in order. */
export type Assignment = ReadonlyMap<string, readonly number[]>;

interface Taken {
  readonly at: Position;
  readonly event: number;
}

/** All assignments that match when time goes on to `watermark` in the end. */
export function enumerate(pattern: SamplePattern, events: readonly Sample[], watermark: number): Assignment[] {
  return scriptsOf(pattern.steps, events.length).flatMap((script) => new Definition(pattern, events, watermark, script).assignments());
}

/** The rules for one script. An event's identity is its index. */
class Definition {
  /** What stands before each event that is taken, and in the end what stands behind the last one. */
  readonly #before: readonly (readonly Exclude<Action, { kind: 'take' }>[])[];
  readonly #positions: readonly Position[];

  constructor(
    readonly pattern: SamplePattern,
    readonly events: readonly Sample[],
    readonly watermark: number,
    script: Script,
  ) {
    const before: Exclude<Action, { kind: 'take' }>[][] = [[]];
    const positions: Position[] = [];
    for (const action of script) {
      if (action.kind === 'take') before.push([]) && positions.push(action.at);
      else before[before.length - 1].push(action);
    }
    this.#before = before;
    this.#positions = positions;
  }

  assignments(): Assignment[] {
    return this.#positions.length === 0 ? [] : this.#extend([]);
  }

  #extend(taken: readonly Taken[]): Assignment[] {
    const at = this.#positions[taken.length];
    if (at === undefined) return this.#ends(taken) ? [assignment(taken)] : [];
    const found: Assignment[] = [];
    for (let event = (taken.at(-1)?.event ?? -1) + 1; event < this.events.length; event++)
      if (this.#mayTake(taken, { at, event })) found.push(...this.#extend([...taken, { at, event }]));
    return found;
  }

  #mayTake(taken: readonly Taken[], next: Taken): boolean {
    return (
      this.#fits(taken, next.at.step, next.event) &&
      this.#inTime(taken, next.event) &&
      this.#gapHolds(taken, next) &&
      this.#boundsHold(taken, next) &&
      this.#goesOn(taken, next) &&
      this.#staysOut(taken, next) &&
      this.#nothingForbidden(taken, next)
    );
  }

  // conditions: they see the events taken before

  #holds(taken: readonly Taken[], { holds }: SampleCondition, event: number): boolean {
    return holds(this.events[event], (name) => this.#eventsOf(taken, name));
  }

  #eventsOf(taken: readonly Taken[], name: string): Sample[] {
    return taken.filter(({ at }) => at.step.name === name).map(({ event }) => this.events[event]);
  }

  #fits(taken: readonly Taken[], step: SampleStep, event: number): boolean {
    if (!this.#holds(taken, step.where, event)) return false;
    return step.times?.distinct !== true || this.#eventsOf(taken, step.name).every(({ v }) => v !== this.events[event].v);
  }

  // gaps

  /** strict: nothing lies between. relaxed: nothing that would have fitted. any: anything. */
  #gapHolds(taken: readonly Taken[], { at, event }: Taken): boolean {
    return taken.length === 0 || this.#waitsFrom(taken, event).some((from) => this.#isGap(taken, at, from, event));
  }

  #isGap(taken: readonly Taken[], { gap, wanted }: Position, from: number, event: number): boolean {
    if (event < from) return false;
    if (gap === 'strict') return event === from;
    return gap === 'any' || !range(from, event).some((between) => wanted.some((step) => this.#fits(taken, step, between)));
  }

  /** The first events, up to one, that the next step may take: the one behind the last; later ones where the match may wait before. */
  #waitsFrom(taken: readonly Taken[], until: number): number[] {
    const first = this.#afterAbsence(taken);
    const waits = this.#before[taken.length].flatMap((action) => (action.kind === 'leave' && action.at.waits === true ? [action.at] : []));
    const later = range(first + 1, until + 1).filter((from) => waits.some((at) => this.#isGap(taken, at, first, from)));
    return [first, ...later];
  }

  /** The event behind the last; behind an absence, the first of its end or after it. */
  #afterAbsence(taken: readonly Taken[]): number {
    const last = last1(taken).event;
    const end = this.#absenceEnd(taken);
    if (end === undefined) return last + 1;
    const from = this.events.findIndex(({ ts }, index) => index > last && ts >= end);
    return from < 0 ? this.events.length : from;
  }

  #absenceEnd(taken: readonly Taken[]): number | undefined {
    const absence = this.#negations(taken.length).find((not) => not.for !== undefined);
    return absence === undefined ? undefined : this.events[last1(taken).event].ts + (absence.for as number);
  }

  // time: it moves before the first event of each timestamp

  #inTime(taken: readonly Taken[], event: number): boolean {
    const limit = this.#limit(taken);
    const end = taken.length === 0 ? undefined : this.#absenceEnd(taken);
    return this.events[event].ts < limit && (end === undefined || end < limit);
  }

  #limit([first]: readonly Taken[]): number {
    return first === undefined ? Infinity : this.events[first.event].ts + (this.pattern.within ?? Infinity);
  }

  /** Does what waits since event `since` run out of time before `event`? */
  #expires(deadline: number, since: number, event: number): boolean {
    return this.events[event].ts > this.events[since].ts && this.events[event].ts >= deadline;
  }

  /**
   * A bound is tested where the match waits: until the first event at the position right behind the last one, from
   * then on at the one that takes. A position that may be passed loses its bound with the first event.
   */
  #boundsHold(taken: readonly Taken[], { at, event }: Taken): boolean {
    if (taken.length === 0) return true;
    const last = last1(taken).event;
    const deadlineOf = ({ bound = Infinity }: Position): number => this.events[last].ts + bound;
    const waits = this.#waitsAt(taken.length);
    if (waits.between !== true && this.#expires(deadlineOf(waits), last, last + 1)) return false;
    if (event === last + 1) return true;
    const arrived = waits === at && at.between !== true ? last : last + 1;
    return at.leavable || !this.#expires(deadlineOf(at), arrived, event);
  }

  /** Where the match waits when it has taken so many events: what it passes first, or what takes. */
  #waitsAt(count: number): Position {
    const passed = this.#before[count].find((action) => action.kind === 'leave');
    return passed?.at ?? this.#positions[count];
  }

  // loops and groups that end

  /** An event that fulfils `until` is neither taken nor ignored; the wait for a loop's first event it does not end. */
  #goesOn(taken: readonly Taken[], { at, event }: Taken): boolean {
    const from = taken.length === 0 ? event : last1(taken).event + 1;
    const { until } = at.step;
    const ends = until === undefined ? [] : range(at.nth === 1 ? event : from, event + 1).filter((each) => this.#holds(taken, until, each));
    const group = at.groupUntil;
    const groupEnds = group === undefined ? [] : range(from, event + 1).filter((each) => this.#holds(taken, group, each));
    const passed = this.#before[taken.length].flatMap((action) => (action.kind === 'leave' ? [action.at] : []));
    const stuck = passed.some(({ groupUntil }) => groupUntil !== undefined && taken.length > 0 && this.#holds(taken, groupUntil, from));
    return ends.length === 0 && groupEnds.length === 0 && !stuck;
  }

  /** Behind a greedy loop whose length may vary, what fits the loop is neither taken nor ignored; unless `until` ended the loop. */
  #staysOut(taken: readonly Taken[], { at, event }: Taken): boolean {
    const from = taken.length === 0 ? event : last1(taken).event + 1;
    const behind = this.#greedyBefore(taken);
    if (behind === undefined || behind === at.step) return true;
    const { until, times } = behind;
    const left = this.#before[taken.length].some((action) => action.kind === 'leave' && action.at.step === behind);
    if (until !== undefined && left && this.#holds(taken, until, from)) return true;
    return times?.min === times?.max || !range(from, event + 1).some((each) => this.#fits(taken, behind, each));
  }

  #greedyBefore(taken: readonly Taken[]): SampleStep | undefined {
    const passed = this.#before[taken.length].flatMap((action) => (action.kind === 'leave' ? [action.at.step] : []));
    const step = passed.at(-1) ?? taken.at(-1)?.at.step;
    return step?.greedy === true ? step : undefined;
  }

  // what must not come

  #negations(count: number): SampleNegation[] {
    return this.#before[count].flatMap((action) => (action.kind === 'not' ? [action.not] : []));
  }

  #nothingForbidden(taken: readonly Taken[], next: Taken): boolean {
    if (taken.length === 0) return true;
    const from = last1(taken).event + 1;
    const standing = this.#negations(taken.length).map((not) => ({ not, events: this.#guarded(not, taken, next) }));
    const { following, nth, step } = next.at;
    const inLoop =
      nth > 1 && following?.kind === 'not' && following.for === undefined
        ? this.#guardedInLoop(following, from, next, this.#completes(taken.length))
        : [];
    const all = [...standing, ...(following?.kind === 'not' ? [{ not: following, events: inLoop }] : [])];
    return step !== undefined && all.every(({ not, events }) => !events.some((event) => this.#holds(taken, not.where, event)));
  }

  /** notNext: the next event. notFollowedBy: all up to the one that is taken; that one too, unless it completes the match. */
  #guarded(not: SampleNegation, taken: readonly Taken[], { event }: Taken): number[] {
    const from = last1(taken).event + 1;
    if (not.link === 'notNext') return [from];
    if (not.for !== undefined) return range(from, this.#afterAbsence(taken));
    return range(from, this.#completes(taken.length) ? event : event + 1);
  }

  /** A notFollowedBy also holds between the events of the loop before it; Flink's gap: beyond `min` of {min, max} only for the next event. */
  #guardedInLoop({ link }: SampleNegation, from: number, { at, event }: Taken, completes: boolean): number[] {
    const { min, max } = at.step.times ?? { min: 1, max: 1 };
    if (link === 'notNext') return at.nth > min ? [from] : [];
    return at.nth > Math.max(1, min) && max !== Infinity ? [from] : range(from, completes ? event : event + 1);
  }

  /** Is nothing left to take behind the event that makes it so many? */
  #completes(index: number): boolean {
    const behind = this.#before[index + 1];
    return (
      index === this.#positions.length - 1 &&
      behind.at(-1)?.kind !== 'not' &&
      !behind.some((action) => action.kind === 'not' && action.not.for !== undefined)
    );
  }

  // the end

  #ends(taken: readonly Taken[]): boolean {
    const [not] = this.#negations(taken.length);
    if (not === undefined) return true;
    if (not.for !== undefined) return this.#isAbsent(not.for, not, taken);
    if (this.#before[taken.length].at(-1)?.kind === 'not') return this.#staysAway(not, taken);
    // Only what may be left out stands behind it: complete at once, but for an event that notNext forbids itself.
    return not.link === 'notFollowedBy' || !this.#holds(taken.slice(0, -1), not.where, last1(taken).event);
  }

  /** What comes before the time is over must not be forbidden; then the match is there, by time alone. */
  #isAbsent(wait: number, not: SampleNegation, taken: readonly Taken[]): boolean {
    const last = last1(taken).event;
    const end = this.events[last].ts + wait;
    const isEnd = this.#before[taken.length].at(-1)?.kind === 'not';
    const limit = this.#limit(taken);
    const inside = range(last + 1, this.events.length).filter((event) => this.events[event].ts < end);
    return (end < limit || (isEnd && end === limit)) && this.#reached(end) && !inside.some((event) => this.#holds(taken, not.where, event));
  }

  /** Behind a loop that could go on, the wait for the end begins only with the next event, whatever its time. */
  #staysAway(not: SampleNegation, taken: readonly Taken[]): boolean {
    const last = last1(taken).event;
    const limit = this.#limit(taken);
    const end = Math.min(this.events[last].ts + (not.within ?? Infinity), limit);
    let since = last;
    const passed = this.#before[taken.length].find((action) => action.kind === 'leave');
    if (passed !== undefined) {
      since = last + 1;
      const { bound = Infinity } = passed.at;
      const deadline = Math.min(limit, this.events[last].ts + bound);
      if (since >= this.events.length || this.#expires(deadline, last, since) || this.#holds(taken, not.where, since)) return false;
    }
    for (let event = since + 1; event < this.events.length; event++) {
      if (this.#expires(end, since, event)) return true;
      if (this.#holds(taken, not.where, event)) return false;
    }
    return this.watermark >= end;
  }

  #reached(time: number): boolean {
    return this.watermark >= time || last1(this.events).ts >= time;
  }
}

function assignment(taken: readonly Taken[]): Assignment {
  const found = new Map<string, number[]>();
  for (const { at, event } of taken) found.set(at.step.name, [...(found.get(at.step.name) ?? []), event]);
  return found;
}

function last1<T>(list: readonly T[]): T {
  return list[list.length - 1];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}
