import type { Event } from '../../event/event.js';
import type { StateMapping } from '../../nfa/index.js';
import type { Operator } from '../../operator/operator.js';
import { Key } from '../../state/key.js';
import { type EntryFormat, type Footprint, KeyedState, type KeyedStateOptions, type Snapshotable } from '../../state/keyed-state.js';
import { carry, countOpen } from '../carry.js';
import type { Emission, OpenMatch } from '../matcher.js';
import { EntryCodec } from './entry-codec.js';
import { HostedRule, type KeyTally } from './hosted-rule.js';
import type { MatchRule, MatchSink } from './match-rule.js';
import { orderMatches } from './match-order.js';
import { RulesEntry, RuleState } from './rules-entry.js';

/** Keys looked at per event while state of rules that are gone is dropped. */
const SWEPT_PER_EVENT = 8;

/** Partial matches that went on in another version of a rule, and those that were given up. */
export interface CarryResult {
  readonly carried: number;
  readonly dropped: number;
}

/**
 * Runs all rules that read the same streams by the same key: an event's key is computed and looked up once for
 * all of them. A key's time moves only to its own events' timestamps and to its own deadlines, each exactly, in
 * order: how coarsely watermarks come changes nothing. What one rule gives does not depend on the others.
 *
 * A key stands in the queue of deadlines once, at the earliest of its rules' or before: the queue then grows
 * with the keys, not with keys times rules, and going through a key's few states costs less than a heap of all.
 */
export class KeyedRulesOperator implements Operator {
  readonly #sink: MatchSink;
  /** In the order of their numbers, those that are gone as long as keys may hold state of them. */
  readonly #hosted = new Map<number, HostedRule>();
  readonly #codec = new EntryCodec(this.#hosted);
  readonly #keys: KeyedState<RulesEntry>;
  readonly #tally: KeyTally = { events: 0, unusableKeys: 0 };
  /** In the order of their numbers. */
  #running: HostedRule[] = [];
  #withoutKeySample: HostedRule[] = [];
  #lastNumber = 0;
  /** Keys still to be looked at for state of rules that are gone. */
  #sweep: Iterator<RulesEntry> | undefined;

  constructor(
    readonly id: string,
    sink: MatchSink,
    options?: KeyedStateOptions,
  ) {
    this.#sink = sink;
    const format: EntryFormat<RulesEntry> = {
      write: (entry, out) => this.#codec.write(entry, out),
      read: (key, from) => this.#codec.read(key, from),
      deadlineOf: (entry) => this.#codec.earliestOf(entry),
      restored: (entry) => this.#codec.count(entry),
      removed: (entry) => this.#codec.uncount(entry),
    };
    this.#keys = new KeyedState(format, options);
  }

  get state(): Snapshotable {
    return this.#keys;
  }

  /** What its keys take. */
  get footprint(): Footprint {
    return this.#keys.footprint;
  }

  // rules that come and go

  /** No rule is left. */
  get isEmpty(): boolean {
    for (const { isRetired } of this.#hosted.values()) if (!isRetired) return false;
    return true;
  }

  /** Rules that see events. */
  get running(): readonly HostedRule[] {
    return this.#running;
  }

  /**
   * Takes a rule in, which begins with nothing open. Its `number` is that of the same rule in the snapshot that
   * is to be restored, or one that no rule of this key has had.
   */
  add(rule: MatchRule, number = this.#lastNumber + 1): HostedRule {
    const hosted = new HostedRule(rule, number, this.#sink, this.#tally);
    this.#hosted.set(number, hosted);
    this.#lastNumber = Math.max(this.#lastNumber, number);
    this.#withoutKeySample.push(hosted);
    this.#changed();
    return hosted;
  }

  /** Its open matches are gone; what keys hold of it is dropped a few keys at a time. */
  retire(hosted: HostedRule): void {
    hosted.isRetired = true;
    hosted.pause();
    this.#sweep = this.#keys.values();
    this.#changed();
  }

  /** It sees nothing from now on, and its open matches are given up: a gap would falsify `next` and absence. Cool-downs stay. */
  pause(hosted: HostedRule): void {
    hosted.pause();
    this.#changed();
    for (const [entry, state] of this.#statesOf(hosted)) {
      this.#keys.touch(entry);
      state.state = hosted.rule.matcher.createState();
      this.#settle(entry, state, -Infinity);
      this.#store(entry, entry);
    }
  }

  resume(hosted: HostedRule): void {
    hosted.resume();
    this.#changed();
  }

  /** Puts a new version with the same pattern in place: open matches go on, later alerts carry the new text. */
  replaceRule(hosted: HostedRule, rule: MatchRule): void {
    hosted.rule = rule;
    this.#changed();
  }

  /** Puts a version with another pattern in place: open matches that have a place in it go on, the others are given up. */
  carryTo(hosted: HostedRule, rule: MatchRule, mapping: StateMapping | undefined): CarryResult {
    // Before anything moves: a snapshot that waits for a key writes it by the old version.
    for (const [entry] of this.#statesOf(hosted)) this.#keys.touch(entry);
    const result = this.#carry(hosted, rule, mapping, (entry, state, carried) => {
      this.#keys.touch(entry);
      state.state = carried;
      // If the key rests again, it is written by the new version.
      hosted.rule = rule;
      this.#settle(entry, state, -Infinity);
      this.#store(entry, entry);
    });
    hosted.rule = rule;
    this.#changed();
    return result;
  }

  /** What carryTo would do; nothing changes. */
  previewCarry(hosted: HostedRule, rule: MatchRule, mapping: StateMapping | undefined): CarryResult {
    return this.#carry(hosted, rule, mapping, () => {});
  }

  // events and time

  processElement(event: Event): void {
    this.advanceTime(event.time);
    if (this.#sweep !== undefined) this.#dropRetired(this.#sweep);
    const key = this.#keyOf(event);
    if (key === undefined) return;
    const known = this.#keys.get(key.id);
    const entry = known ?? new RulesEntry(key.id);
    if (known !== undefined) {
      this.#keys.touch(known);
      this.#codec.decode(known);
    }
    const running = this.#running;
    for (let i = 0; i < running.length; i++) {
      if (this.#sink.admitEvent(running[i].rule, event)) this.#evaluate(running[i], entry, event);
      else running[i].stopCounting(1);
    }
    this.#store(entry, known);
  }

  advanceTime(time: number): void {
    while (this.#keys.earliest <= time) {
      const deadline = this.#keys.earliest;
      const entry = this.#keys.takeEarliest();
      const actual = this.#codec.earliestOf(entry);
      if (actual > deadline) this.#keys.schedule(entry, actual);
      else this.#fire(entry, deadline);
    }
  }

  nextDeadline(): number {
    return this.#keys.earliest;
  }

  /** The key, as far as a rule is there that may evaluate it: all have the same, and the first stands for it. */
  #keyOf(event: Event): Key | undefined {
    const running = this.#running;
    for (let i = 0; i < running.length; i++) {
      const { rule } = running[i];
      if (!this.#sink.admitEvent(rule, event)) {
        running[i].stopCounting();
        continue;
      }
      const key = rule.keyOf(event);
      if (key === undefined) this.#countUnusableKey(event);
      else this.#tally.events++;
      return key;
    }
    return undefined;
  }

  #evaluate(hosted: HostedRule, entry: RulesEntry, event: Event): void {
    const { matcher } = hosted.rule;
    const state = entry.find(hosted);
    if (state === undefined) return this.#begin(hosted, entry, event);
    matcher.advanceTime(state.state, event.time, hosted);
    matcher.processEvent(state.state, event, hosted);
    if (hosted.emitted.length > 0) this.#publish(entry, state, event.time);
    this.#settle(entry, state, event.time);
  }

  /** Most events open nothing for most rules: they leave no trace. */
  #begin(hosted: HostedRule, entry: RulesEntry, event: Event): void {
    const begun = hosted.rule.matcher.begin(event, hosted);
    if (begun === undefined) return;
    const state = new RuleState(hosted, begun);
    if (hosted.emitted.length > 0) this.#publish(entry, state, event.time);
    if (isForgettable(state, event.time)) return;
    entry.put(state);
    this.#settle(entry, state, event.time);
  }

  #fire(entry: RulesEntry, deadline: number): void {
    this.#keys.touch(entry);
    this.#codec.decode(entry);
    for (const state of [...entry.states]) {
      if (state.of.isRetired) entry.remove(state);
      else if (state.deadline <= deadline) this.#fireRule(entry, state, deadline);
    }
    this.#store(entry, entry);
  }

  #fireRule(entry: RulesEntry, state: RuleState, deadline: number): void {
    const { of } = state;
    if (of.isRunning && !this.#sink.admitDeadline(of.rule, deadline)) {
      of.stopCounting();
      state.deadline = Infinity;
      return;
    }
    of.rule.matcher.advanceTime(state.state, deadline, of);
    if (of.emitted.length > 0) this.#publish(entry, state, deadline);
    this.#settle(entry, state, deadline);
  }

  #publish(entry: RulesEntry, state: RuleState, time: number): void {
    const { of } = state;
    const matches: Emission[] = of.emitted;
    of.emitted = [];
    for (const match of orderMatches(matches)) {
      const suppressed = match.endTime < state.suppressedUntil;
      of.countAlert(suppressed);
      if (suppressed) continue;
      if (of.rule.suppressFor !== undefined) state.suppressedUntil = match.endTime + of.rule.suppressFor;
      this.#sink.alert(of.rule, new Key(entry.id), match, time);
    }
  }

  /** After a rule's state of a key changed: forget it when nothing is left, else note when to look again. */
  #settle(entry: RulesEntry, state: RuleState, time: number): void {
    if (isForgettable(state, time)) return entry.remove(state);
    const { matcher } = state.of.rule;
    const kept = matcher.keptEvents(state.state);
    state.of.count(0, kept - state.kept);
    state.kept = kept;
    const deadline = matcher.nextDeadline(state.state);
    // A cool-down is state, too: it is forgotten when it ends.
    state.deadline = state.suppressedUntil === -Infinity ? deadline : Math.min(deadline, state.suppressedUntil);
  }

  /** After a key's states changed: keep it as long as there is one. `known`: the same, unless it is new. */
  #store(entry: RulesEntry, known: RulesEntry | undefined): void {
    if (entry.states.length === 0) {
      if (known !== undefined) this.#keys.forget(known);
      return;
    }
    if (known === undefined) this.#keys.add(entry);
    this.#keys.schedule(entry, entry.earliest);
  }

  // looking in

  /** Open partial matches of a key. */
  openMatches(hosted: HostedRule, id: string): readonly OpenMatch[] {
    const entry = this.#keys.get(id);
    if (entry === undefined) return [];
    this.#codec.decode(entry);
    const state = entry.find(hosted);
    return state === undefined ? [] : hosted.rule.matcher.describe(state.state);
  }

  /** Open partial matches of all keys: what pausing the rule would drop. */
  openMatchCount(hosted: HostedRule): number {
    let count = 0;
    for (const [, { state }] of this.#statesOf(hosted)) count += countOpen(hosted.rule.matcher, state);
    return count;
  }

  #carry(
    hosted: HostedRule,
    to: MatchRule,
    mapping: StateMapping | undefined,
    moved: (entry: RulesEntry, state: RuleState, carried: unknown) => void,
  ): CarryResult {
    const sum = { carried: 0, dropped: 0 };
    for (const [entry, of] of this.#statesOf(hosted)) {
      const { state, carried, dropped } = carry(hosted.rule.matcher, of.state, to.matcher, mapping);
      sum.carried += carried;
      sum.dropped += dropped;
      moved(entry, of, state);
    }
    return sum;
  }

  /** Goes through all keys, which may rest again when the next is asked for. They are read by the version of the beginning. */
  *#statesOf(hosted: HostedRule): Generator<readonly [RulesEntry, RuleState]> {
    const { rule } = hosted;
    for (const entry of this.#keys.values()) {
      if (!this.#codec.holds(entry, hosted)) continue;
      hosted.rule = rule;
      this.#codec.decode(entry);
      yield [entry, entry.find(hosted) as RuleState];
    }
  }

  #changed(): void {
    const live = [...this.#hosted.values()].filter(({ isRunning }) => isRunning);
    this.#running = live.sort((a, b) => a.number - b.number);
  }

  /** Goes on with the keys that may hold state of rules that are gone. */
  #dropRetired(keys: Iterator<RulesEntry>): void {
    for (let left = SWEPT_PER_EVENT; left > 0; left--) {
      const { done, value: entry } = keys.next();
      if (done === true) {
        this.#sweep = undefined;
        for (const [number, { isRetired }] of this.#hosted) if (isRetired) this.#hosted.delete(number);
        return;
      }
      this.#dropRetiredOf(entry);
    }
  }

  #dropRetiredOf(entry: RulesEntry): void {
    const retired = [...this.#hosted.values()].filter(({ isRetired }) => isRetired);
    if (!retired.some((hosted) => this.#codec.holds(entry, hosted))) return;
    this.#keys.touch(entry);
    this.#codec.decode(entry);
    for (const state of entry.states.filter(({ of }) => of.isRetired)) entry.remove(state);
    this.#store(entry, entry);
  }

  #countUnusableKey(event: Event): void {
    this.#tally.unusableKeys++;
    if (this.#withoutKeySample.length === 0) return;
    for (const hosted of this.#withoutKeySample) if (hosted.isRunning) hosted.sampleUnusableKey(event.id);
    this.#withoutKeySample = this.#withoutKeySample.filter(({ isRunning, isRetired }) => !isRunning && !isRetired);
  }
}

/** Nothing is open, and no cool-down lasts beyond `time`. */
function isForgettable(state: RuleState, time: number): boolean {
  if (state.suppressedUntil <= time) state.suppressedUntil = -Infinity;
  return state.suppressedUntil === -Infinity && state.of.rule.matcher.isEmpty(state.state);
}
