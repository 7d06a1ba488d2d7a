import type { Event } from '../event/event.js';
import type { StateMapping } from '../nfa/index.js';
import type { BinaryReader, BinaryWriter } from '../state/binary.js';

/** One event taken by one step, in the order taken. */
export interface Taken {
  /** Index into the pattern's list of step names. */
  readonly step: number;
  readonly event: Event;
}

/** A completed match, or a partial match that ran out of time. */
export interface Match {
  readonly kind: 'match' | 'timeout';
  /** In the order taken. Empty matches are never emitted. */
  readonly path: readonly Taken[];
  /** Epoch ms: the last event's time, or the deadline for absences and time-outs. */
  readonly endTime: number;
}

/** A window of a key that gave its result. */
export interface WindowResult {
  readonly kind: 'window';
  /** Epoch ms, the end exclusive; absent for windows of a number of events. */
  readonly window?: { readonly start: number; readonly end: number };
  /** Selected values by name; null where no event had a value. */
  readonly values: Readonly<Record<string, number | null>>;
  /** Which result of this window, or of this key's windows without times, it is; from 1. */
  readonly firing: number;
  /** Epoch ms: of the window, without times of its events. */
  readonly startTime: number;
  readonly endTime: number;
}

/** What comes out of a rule. */
export type Emission = Match | WindowResult;

/** What a matcher reports while it works; one object serves all keys of a rule. */
export interface MatchOutput {
  match(match: Emission): void;
  /** A condition that gave an error or no boolean: it counts as false. `expression` is its number in the rule's table. */
  conditionError(expression: number, error: unknown): void;
  /** A bound was reached: `dropped` partial matches (dropOldest, dropNewest) were given up. */
  limitReached(limit: 'keptEvents' | 'keptBytes' | 'matchesPerEvent', dropped: number): void;
}

/** How the open partial matches of a rule are kept: see select.ts. */
export type Representation = 'runs' | 'compact' | 'grouped';

/** How any rule's state is kept; named before each state in snapshots. */
export type StateRepresentation = Representation | 'panes' | 'session' | 'count';

/** Bounds per key; an absent one does not bound. */
export interface MatcherLimits {
  readonly keptEvents?: number;
  readonly keptBytes?: number;
  /** Matches, and new partial matches where they are explicit, of one event. */
  readonly matchesPerEvent?: number;
  /** `pause` gives up what is new, like dropNewest; the caller pauses the rule. */
  readonly onLimit?: 'dropOldest' | 'dropNewest' | 'pause';
}

export interface MatcherOptions {
  /** Absent: unbounded. */
  readonly limits?: MatcherLimits;
  /** Are partial matches told that ran out of time? A matcher may then have to look at each. Default true. */
  readonly timeouts?: boolean;
}

/** Events are written once per key and shared by all rules of that key; matchers write their numbers. */
export interface EventTable {
  indexOf(event: Event): number;
}

/**
 * Runs one rule over the events of one key. Frozen and stateless: all that changes is in `S`,
 * one serialisable object per key. The representations (runs, compact, grouped)
 * each implement this, and so do the windows of window rules.
 */
export interface Matcher<S> {
  readonly representation: StateRepresentation;
  /** Of the bytes that `write` gives. */
  readonly stateVersion: number;
  createState(): S;
  /** Nothing open: the key may forget the state. */
  isEmpty(state: S): boolean;
  /**
   * Moves the key's time; partial matches out of time leave, absences match. Times never go back, and a time that
   * has been reached is not reached again unless it is `closed`: no event of that time comes any more.
   */
  advanceTime(state: S, time: number, out: MatchOutput, closed?: boolean): void;
  /** What a key without state becomes by an event; undefined: nothing begins. Most events begin nothing, and cost no state. */
  begin(event: Event, out: MatchOutput): S | undefined;
  /** The caller has advanced time to the event's own time before. Events come in order. */
  processEvent(state: S, event: Event, out: MatchOutput): void;
  /** Epoch ms before which advanceTime would do nothing: the earliest deadline or a bound on it; Infinity without one. */
  nextDeadline(state: S): number;
  /** Distinct events that open partial matches hold; cheap, it is asked for metrics. */
  keptEvents(state: S): number;
  write(state: S, out: BinaryWriter, events: EventTable): void;
  /** `version`: the stateVersion of the release that wrote it; every older one is read. */
  read(from: BinaryReader, events: readonly Event[], version: number): S;
  /** Open partial matches, for people to look at. */
  describe(state: S): readonly OpenMatch[];
}

/** The matcher of a pattern: its partial matches can be moved to another version of the rule. */
export interface PatternMatcher<S> extends Matcher<S> {
  readonly representation: Representation;
  /** Open partial matches, and matches that wait for their turn; beyond 2^53 that number. */
  countOpen(state: S): number;
  /** The partial matches written out, for a matcher of another representation; where there are too many, the first ones. */
  partialMatches(state: S): readonly PartialMatch[];
  /** A state of such partial matches; their states and steps are this matcher's. */
  adopt(matches: readonly PartialMatch[]): S;
  /** Cheaper and exact in the order of ties, where both versions have this representation; `state` stays as it is. */
  carry?(state: S, mapping: StateMapping): Carried<S>;
}

/** A key's state in another version of the rule. */
export interface Carried<S> {
  readonly state: S;
  /** Partial matches, and matches that wait for their turn, that go on; and those that have no place there. */
  readonly carried: number;
  readonly dropped: number;
}

/** A partial match apart from how it is kept: the number of the automaton's state, and the events taken. */
export interface PartialMatch {
  readonly state: number;
  readonly path: readonly Taken[];
}

/** A partial match as GET /v1/rules/:id/keys/:key shows it. */
export interface OpenMatch {
  /** The step it waits at. */
  readonly waitingFor: string;
  readonly path: readonly Taken[];
  /** Epoch ms; Infinity without one. */
  readonly deadline: number;
}
