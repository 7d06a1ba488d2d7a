import type { Event } from '../../event/event.js';
import type { Operator } from '../../operator/operator.js';
import type { StateMapping } from '../../nfa/index.js';
import { type BinaryReader, BinaryWriter } from '../../state/binary.js';
import { Key } from '../../state/key.js';
import { KeyEntry, KeyedState, type Snapshotable } from '../../state/keyed-state.js';
import { carry, countOpen } from '../carry.js';
import { type Emission, type MatchOutput, type OpenMatch, STATE_FORMAT } from '../matcher.js';
import { EventCollector, readEvents } from './event-codec.js';
import type { MatchRule, MatchSink } from './match-rule.js';
import { orderMatches } from './match-order.js';

class MatchEntry<S> extends KeyEntry {
  /** Undefined until a restored key is needed; `encoded` holds it then, a view of the segment it came in. */
  state: S | undefined = undefined;
  encoded: BinaryReader | undefined = undefined;
  /** Alerts before this event time are suppressed. */
  suppressedUntil = -Infinity;
  /** Events held by its open matches when it was last touched. */
  kept = 0;
}

/** Counters since the operator was opened; not part of the output. */
export interface MatchCounters {
  events: number;
  alerts: number;
  suppressed: number;
  timeouts: number;
  conditionErrors: number;
  conditionErrorSample: string | null;
  unusableKeys: number;
  unusableKeySample: string | null;
  /** Times any limit was reached, and what was given up by it. */
  limitReached: number;
  limitDropped: number;
  keptEventsReached: number;
  keptBytesReached: number;
  matchesPerEventReached: number;
}

/**
 * Runs one rule over the keys of its streams. A key's time moves only to its own events' timestamps and
 * to its own earliest deadline, each exactly, in order: how coarsely watermarks come changes nothing.
 */
export class MatchOperator<S = unknown> implements Operator, MatchOutput {
  readonly id: string;
  readonly counters: MatchCounters = {
    events: 0,
    alerts: 0,
    suppressed: 0,
    timeouts: 0,
    conditionErrors: 0,
    conditionErrorSample: null,
    unusableKeys: 0,
    unusableKeySample: null,
    limitReached: 0,
    limitDropped: 0,
    keptEventsReached: 0,
    keptBytesReached: 0,
    matchesPerEventReached: 0,
  };
  #rule: MatchRule<S>;
  readonly #sink: MatchSink;
  readonly #keys = new KeyedState<MatchEntry<S>>({
    write: (entry, out) => this.#write(entry, out),
    read: (id, from) => this.#read(id, from),
    removed: ({ kept }) => (this.#keptEvents -= kept),
  });
  readonly #body = new BinaryWriter();
  /** Matches of the emission point being worked off. */
  #emitted: Emission[] = [];
  #keptEvents = 0;

  constructor(rule: MatchRule<S>, sink: MatchSink) {
    this.id = rule.id;
    this.#rule = rule;
    this.#sink = sink;
  }

  get state(): Snapshotable {
    return this.#keys;
  }

  get rule(): MatchRule<S> {
    return this.#rule;
  }

  /** Puts a new version with the same pattern in place: open matches go on, later alerts carry the new text. */
  replaceRule(rule: MatchRule<S>): void {
    this.#rule = rule;
  }

  /** Puts a version with another pattern in place: open matches that have a place in it go on, the others are given up. */
  carryTo(rule: MatchRule<S>, mapping: StateMapping | undefined): { carried: number; dropped: number } {
    // Before anything moves: a snapshot that waits for a key writes it by the old version.
    for (const entry of this.#keys.values()) this.#keys.touch(entry);
    const result = this.#carry(rule, mapping, (entry, state) => {
      entry.state = state;
      entry.encoded = undefined;
    });
    this.#rule = rule;
    for (const entry of this.#keys.values()) this.#settle(entry, -Infinity);
    return result;
  }

  /** What carryTo would do; nothing changes. */
  previewCarry(rule: MatchRule<S>, mapping: StateMapping | undefined): { carried: number; dropped: number } {
    return this.#carry(rule, mapping, () => {});
  }

  processElement(event: Event): void {
    this.advanceTime(event.time);
    const key = this.#rule.keyOf(event);
    if (key === undefined) return this.#countUnusableKey(event);
    this.counters.events++;
    const entry = this.#keys.get(key.id);
    if (entry === undefined) return this.#begin(key.id, event);
    this.#keys.touch(entry);
    const { matcher } = this.#rule;
    const state = this.#stateOf(entry);
    matcher.advanceTime(state, event.time, this);
    matcher.processEvent(state, event, this);
    this.#publish(entry, event.time);
    this.#settle(entry, event.time);
  }

  /** Most events open nothing for most rules: such a key leaves no trace. */
  #begin(id: string, event: Event): void {
    const state = this.#rule.matcher.begin(event, this);
    if (state === undefined) return;
    const entry = new MatchEntry<S>(id);
    entry.state = state;
    this.#publish(entry, event.time);
    if (this.#isForgettable(entry, event.time)) return;
    this.#keys.add(entry);
    this.#settle(entry, event.time);
  }

  advanceTime(time: number): void {
    while (this.#keys.earliest <= time) {
      const deadline = this.#keys.earliest;
      const entry = this.#keys.takeEarliest();
      const actual = this.#deadlineOf(entry);
      if (actual > deadline) {
        this.#keys.reschedule(entry, actual);
        continue;
      }
      this.#keys.touch(entry);
      this.#sink.atDeadline(this.#rule, new Key(entry.id), deadline);
      const state = this.#stateOf(entry);
      entry.deadline = Infinity;
      this.#rule.matcher.advanceTime(state, deadline, this);
      this.#publish(entry, deadline);
      this.#settle(entry, deadline);
    }
  }

  nextDeadline(): number {
    return this.#keys.earliest;
  }

  // MatchOutput

  match(match: Emission): void {
    if (match.kind === 'timeout') this.counters.timeouts++;
    if (match.kind !== 'timeout' || this.#rule.timeouts) this.#emitted.push(match);
  }

  conditionError(expression: number, error: unknown): void {
    this.counters.conditionErrors++;
    this.counters.conditionErrorSample ??= `${this.#rule.expressionText(expression)}: ${String(error)}`;
  }

  limitReached(limit: 'keptEvents' | 'keptBytes' | 'matchesPerEvent', dropped: number): void {
    this.counters.limitReached++;
    this.counters.limitDropped += dropped;
    this.counters[`${limit}Reached`]++;
    this.#sink.limitReached(this.#rule, limit, dropped);
  }

  // looking in

  /** Keys with state, and the events their open matches hold; kept up to date, so asking costs nothing. */
  size(): { keys: number; keptEvents: number } {
    return { keys: this.#keys.size, keptEvents: this.#keptEvents };
  }

  /** Open partial matches of a key. */
  openMatches(id: string): readonly OpenMatch[] {
    const entry = this.#keys.get(id);
    return entry === undefined ? [] : this.#rule.matcher.describe(this.#stateOf(entry));
  }

  /** Open partial matches of all keys: what pausing the rule would drop. */
  openMatchCount(): number {
    let count = 0;
    for (const entry of this.#keys.values()) count += countOpen(this.#rule.matcher, this.#stateOf(entry));
    return count;
  }

  /** Gives up all open matches; cool-downs stay. */
  dropMatches(): void {
    for (const entry of this.#keys.values()) {
      this.#keys.touch(entry);
      entry.state = this.#rule.matcher.createState();
      entry.encoded = undefined;
      this.#settle(entry, -Infinity);
    }
  }

  #carry(
    to: MatchRule<S>,
    mapping: StateMapping | undefined,
    moved: (entry: MatchEntry<S>, state: S) => void,
  ): { carried: number; dropped: number } {
    const sum = { carried: 0, dropped: 0 };
    for (const entry of this.#keys.values()) {
      const { state, carried, dropped } = carry(this.#rule.matcher, this.#stateOf(entry), to.matcher, mapping);
      sum.carried += carried;
      sum.dropped += dropped;
      moved(entry, state);
    }
    return sum;
  }

  #publish(entry: MatchEntry<S>, time: number): void {
    if (this.#emitted.length === 0) return;
    const matches = this.#emitted;
    this.#emitted = [];
    for (const match of orderMatches(matches)) {
      if (match.endTime < entry.suppressedUntil) {
        this.counters.suppressed++;
        continue;
      }
      if (this.#rule.suppressFor !== undefined) entry.suppressedUntil = match.endTime + this.#rule.suppressFor;
      this.counters.alerts++;
      this.#sink.alert(this.#rule, new Key(entry.id), match, time);
    }
  }

  /** After a key's state changed: forget it when nothing is left, else put its deadline in the queue. */
  #settle(entry: MatchEntry<S>, time: number): void {
    if (this.#isForgettable(entry, time)) {
      this.#keys.forget(entry);
      return;
    }
    const kept = this.#rule.matcher.keptEvents(this.#stateOf(entry));
    this.#keptEvents += kept - entry.kept;
    entry.kept = kept;
    this.#keys.schedule(entry, this.#deadlineOf(entry));
  }

  #deadlineOf(entry: MatchEntry<S>): number {
    const own = entry.state === undefined ? entry.deadline : this.#rule.matcher.nextDeadline(entry.state);
    // A cool-down is state, too: the key is forgotten when it ends.
    return entry.suppressedUntil === -Infinity ? own : Math.min(own, entry.suppressedUntil);
  }

  #isForgettable(entry: MatchEntry<S>, time: number): boolean {
    if (entry.suppressedUntil <= time) entry.suppressedUntil = -Infinity;
    return entry.suppressedUntil === -Infinity && this.#rule.matcher.isEmpty(this.#stateOf(entry));
  }

  #stateOf(entry: MatchEntry<S>): S {
    if (entry.state !== undefined) return entry.state;
    const from = entry.encoded as BinaryReader;
    const version = from.uint();
    const events = readEvents(from, this.#rule.layout);
    entry.state = this.#rule.matcher.read(from, events, version);
    entry.encoded = undefined;
    return entry.state;
  }

  #write(entry: MatchEntry<S>, out: BinaryWriter): void {
    out.uint(STATE_FORMAT);
    out.double(entry.suppressedUntil);
    out.double(this.#deadlineOf(entry));
    out.uint(entry.kept);
    if (entry.encoded === undefined) this.#encode(entry.state as S, out);
    else out.raw(entry.encoded.rest());
  }

  /** Nothing is decoded before the key is needed: until then its segment stays in memory, and no copy of it. */
  #read(id: string, from: BinaryReader): MatchEntry<S> {
    const version = from.uint();
    if (version > STATE_FORMAT)
      throw new Error(`state of rule "${this.id}" has format ${version}; this release reads up to ${STATE_FORMAT}`);
    const entry = new MatchEntry<S>(id);
    entry.suppressedUntil = from.double();
    entry.deadline = from.double();
    entry.kept = from.uint();
    entry.encoded = from;
    this.#keptEvents += entry.kept;
    return entry;
  }

  /** Events first, then the matcher's state, which names them by number. */
  #encode(state: S, out: BinaryWriter): void {
    const events = new EventCollector();
    this.#body.reset();
    this.#rule.matcher.write(state, this.#body, events);
    out.uint(STATE_FORMAT);
    events.write(out);
    out.raw(this.#body.view());
  }

  #countUnusableKey(event: Event): void {
    this.counters.unusableKeys++;
    this.counters.unusableKeySample ??= event.id;
  }
}
