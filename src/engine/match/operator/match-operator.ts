import type { Event } from '../../event/event.js';
import type { Operator } from '../../operator/operator.js';
import type { StateMapping } from '../../nfa/index.js';
import { BinaryReader, BinaryWriter } from '../../state/binary.js';
import type { Key } from '../../state/key.js';
import { KEY_GROUPS, keyGroupOf } from '../../state/key-group.js';
import { DeadlineQueue } from '../../time/deadline-queue.js';
import { carry, countOpen } from '../carry.js';
import type { Emission, MatchOutput, OpenMatch } from '../matcher.js';
import { EventCollector, readEvents } from './event-codec.js';
import type { MatchRule, MatchSink } from './match-rule.js';
import { orderMatches } from './match-order.js';

/** Format of a key's state in snapshots; older ones are read for ever. */
const FORMAT_VERSION = 1;

interface KeyState<S> {
  readonly key: Key;
  /** Undefined until a restored key is needed; `encoded` holds it then. */
  state: S | undefined;
  encoded: Uint8Array | undefined;
  /** The deadline this key stands in the queue with, Infinity when it does not. */
  queued: number;
  /** Alerts before this event time are suppressed. */
  suppressedUntil: number;
  /** Events held by its open matches when it was last touched. */
  kept: number;
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
  readonly #groups: Map<string, KeyState<S>>[] = Array.from({ length: KEY_GROUPS }, () => new Map());
  readonly #deadlines = new DeadlineQueue<KeyState<S>>();
  readonly #changed = new Set<string>();
  readonly #scratch = [new BinaryWriter(), new BinaryWriter()] as const;
  /** Matches of the emission point being worked off. */
  #emitted: Emission[] = [];
  #keyCount = 0;
  #keptEvents = 0;

  constructor(rule: MatchRule<S>, sink: MatchSink) {
    this.id = rule.id;
    this.#rule = rule;
    this.#sink = sink;
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
    const result = this.#carry(rule, mapping, (entry, state) => {
      entry.state = state;
      entry.encoded = undefined;
    });
    this.#rule = rule;
    for (const keys of this.#groups) for (const entry of keys.values()) this.#settle(entry, -Infinity);
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
    const keys = this.#groups[keyGroupOf(key.id)];
    const known = keys.get(key.id);
    const entry = known ?? {
      key,
      state: this.#rule.matcher.createState(),
      encoded: undefined,
      queued: Infinity,
      suppressedUntil: -Infinity,
      kept: 0,
    };
    const state = this.#stateOf(entry);
    const { matcher } = this.#rule;
    const wasEmpty = matcher.isEmpty(state);
    matcher.advanceTime(state, event.time, this);
    matcher.processEvent(state, event, this);
    this.#publish(entry, event.time);
    // Most events open nothing for most rules: such a key leaves no trace.
    if (wasEmpty && known === undefined && this.#isForgettable(entry, event.time)) return;
    if (known === undefined) this.#insert(entry);
    this.#settle(entry, event.time);
  }

  advanceTime(time: number): void {
    while (this.#deadlines.earliest <= time) {
      const deadline = this.#deadlines.earliest;
      const entry = this.#deadlines.take();
      // Left behind by a deadline that moved: the key stands in the queue again, or is gone.
      if (entry.queued !== deadline || !this.#holds(entry)) continue;
      const actual = this.#deadlineOf(entry);
      if (actual > deadline) {
        entry.queued = actual;
        if (actual !== Infinity) this.#deadlines.add(actual, entry);
        continue;
      }
      entry.queued = Infinity;
      this.#sink.atDeadline(this.#rule, entry.key, deadline);
      this.#rule.matcher.advanceTime(this.#stateOf(entry), deadline, this);
      this.#publish(entry, deadline);
      this.#settle(entry, deadline);
    }
  }

  nextDeadline(): number {
    return this.#deadlines.earliest;
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

  // snapshots

  changedKeys(): Iterable<string> {
    return this.#changed;
  }

  clearChanges(): void {
    this.#changed.clear();
  }

  keysOfGroup(group: number): Iterable<string> {
    return this.#groups[group].keys();
  }

  writeKey(id: string, out: BinaryWriter): boolean {
    const entry = this.#groups[keyGroupOf(id)].get(id);
    if (entry === undefined) return false;
    out.uint(FORMAT_VERSION);
    out.utf16(entry.key.json);
    out.double(entry.suppressedUntil);
    out.double(this.#deadlineOf(entry));
    out.uint(entry.kept);
    if (entry.encoded !== undefined) out.bytes(entry.encoded);
    else this.#encode(entry.state as S, out);
    return true;
  }

  restoreKey(id: string, from: BinaryReader): void {
    const version = from.uint();
    if (version > FORMAT_VERSION)
      throw new Error(`state of rule "${this.id}" has format ${version}; this release reads up to ${FORMAT_VERSION}`);
    const json = from.utf16();
    const suppressedUntil = from.double();
    const deadline = from.double();
    const kept = from.uint();
    // A copy: the segment that the view is of must not stay alive for one key.
    const encoded = Uint8Array.prototype.slice.call(from.bytes());
    const entry: KeyState<S> = { key: { id, json }, state: undefined, encoded, queued: deadline, suppressedUntil, kept };
    this.#insert(entry);
    if (deadline !== Infinity) this.#deadlines.add(deadline, entry);
  }

  forgetKey(id: string): void {
    const keys = this.#groups[keyGroupOf(id)];
    const entry = keys.get(id);
    if (entry === undefined) return;
    keys.delete(id);
    this.#keyCount--;
    this.#keptEvents -= entry.kept;
  }

  // looking in

  /** Keys with state, and the events their open matches hold; kept up to date, so asking costs nothing. */
  size(): { keys: number; keptEvents: number } {
    return { keys: this.#keyCount, keptEvents: this.#keptEvents };
  }

  /** Open partial matches of a key. */
  openMatches(id: string): readonly OpenMatch[] {
    const entry = this.#groups[keyGroupOf(id)].get(id);
    return entry === undefined ? [] : this.#rule.matcher.describe(this.#stateOf(entry));
  }

  /** Open partial matches of all keys: what pausing the rule would drop. */
  openMatchCount(): number {
    let count = 0;
    for (const keys of this.#groups) for (const entry of keys.values()) count += countOpen(this.#rule.matcher, this.#stateOf(entry));
    return count;
  }

  /** Gives up all open matches; cool-downs stay. */
  dropMatches(): void {
    for (const keys of this.#groups) {
      for (const entry of keys.values()) {
        entry.state = this.#rule.matcher.createState();
        entry.encoded = undefined;
        this.#settle(entry, -Infinity);
      }
    }
  }

  #carry(
    to: MatchRule<S>,
    mapping: StateMapping | undefined,
    moved: (entry: KeyState<S>, state: S) => void,
  ): { carried: number; dropped: number } {
    const sum = { carried: 0, dropped: 0 };
    for (const keys of this.#groups) {
      for (const entry of keys.values()) {
        const { state, carried, dropped } = carry(this.#rule.matcher, this.#stateOf(entry), to.matcher, mapping);
        sum.carried += carried;
        sum.dropped += dropped;
        moved(entry, state);
      }
    }
    return sum;
  }

  #insert(entry: KeyState<S>): void {
    this.forgetKey(entry.key.id);
    this.#groups[keyGroupOf(entry.key.id)].set(entry.key.id, entry);
    this.#keyCount++;
    this.#keptEvents += entry.kept;
  }

  #publish(entry: KeyState<S>, time: number): void {
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
      this.#sink.alert(this.#rule, entry.key, match, time);
    }
  }

  /** After a key's state changed: forget it when nothing is left, else put its deadline in the queue. */
  #settle(entry: KeyState<S>, time: number): void {
    this.#changed.add(entry.key.id);
    if (this.#isForgettable(entry, time)) {
      entry.queued = Infinity;
      this.forgetKey(entry.key.id);
      return;
    }
    const kept = this.#rule.matcher.keptEvents(this.#stateOf(entry));
    this.#keptEvents += kept - entry.kept;
    entry.kept = kept;
    const deadline = this.#deadlineOf(entry);
    // Moved lazily: a later deadline leaves the earlier entry in place, which finds out when it fires.
    if (deadline < entry.queued) {
      entry.queued = deadline;
      this.#deadlines.add(deadline, entry);
    }
  }

  #deadlineOf(entry: KeyState<S>): number {
    const own = entry.state === undefined ? entry.queued : this.#rule.matcher.nextDeadline(entry.state);
    // A cool-down is state, too: the key is forgotten when it ends.
    return entry.suppressedUntil === -Infinity ? own : Math.min(own, entry.suppressedUntil);
  }

  #isForgettable(entry: KeyState<S>, time: number): boolean {
    if (entry.suppressedUntil <= time) entry.suppressedUntil = -Infinity;
    return entry.suppressedUntil === -Infinity && this.#rule.matcher.isEmpty(this.#stateOf(entry));
  }

  #holds(entry: KeyState<S>): boolean {
    return this.#groups[keyGroupOf(entry.key.id)].get(entry.key.id) === entry;
  }

  #stateOf(entry: KeyState<S>): S {
    if (entry.state !== undefined) return entry.state;
    const from = new BinaryReader(entry.encoded as Uint8Array);
    const version = from.uint();
    const events = readEvents(from, this.#rule.layout);
    entry.state = this.#rule.matcher.read(from, events, version);
    entry.encoded = undefined;
    return entry.state;
  }

  /** Events first, then the matcher's state, which names them by number. */
  #encode(state: S, out: BinaryWriter): void {
    const events = new EventCollector();
    const [head, body] = this.#scratch;
    head.reset();
    body.reset();
    this.#rule.matcher.write(state, body, events);
    head.uint(FORMAT_VERSION);
    events.write(head);
    out.uint(head.length + body.length);
    out.raw(head.view());
    out.raw(body.view());
  }

  #countUnusableKey(event: Event): void {
    this.counters.unusableKeys++;
    this.counters.unusableKeySample ??= event.id;
  }
}
