import type { Event } from '../../event/event.js';
import type { StateMapping } from '../../nfa/index.js';
import type { Operator } from '../../operator/operator.js';
import { Key } from '../../state/key.js';
import type { Footprint, KeyedStateOptions, Snapshotable } from '../../state/keyed-state.js';
import { carry, countOpen } from '../carry.js';
import type { Emission, OpenMatch } from '../matcher.js';
import { HostedRule, type KeyTally } from './hosted-rule.js';
import type { MatchRule, MatchSink } from './match-rule.js';
import { orderMatches } from './match-order.js';
import { RuleIndex } from './rule-index.js';
import { RulesEntry, RuleState } from './rules-entry.js';
import { RulesState } from './rules-state.js';

/** Partial matches that went on in another version of a rule, and those that were given up. */
export interface CarryResult {
  readonly carried: number;
  readonly dropped: number;
}

/** An alert that waits for those of other keys at the same deadline. */
interface DueAlert {
  readonly rule: MatchRule;
  readonly key: string;
  readonly match: Emission;
  /** Epoch ms. */
  readonly at: number;
}

/**
 * Runs all rules that read the same streams by the same key: an event's key is computed and looked up once for all
 * of them, and only those are asked that the event may concern. A key's time moves only to its own events'
 * timestamps and to its own deadlines, each exactly, in order: how coarsely watermarks come changes nothing. What
 * one rule gives does not depend on the others.
 */
export class KeyedRulesOperator implements Operator {
  readonly #sink: MatchSink;
  readonly #state: RulesState;
  readonly #tally: KeyTally = { events: 0, unusableKeys: 0 };
  /** Made again after rules have come or gone. */
  #running: readonly HostedRule[] | undefined;
  #index: RuleIndex | undefined;
  #withoutKeySample: HostedRule[] = [];
  #lastNumber = 0;
  /** Alerts of the deadline being worked off. */
  #due: DueAlert[] | undefined;

  constructor(
    readonly id: string,
    sink: MatchSink,
    options?: KeyedStateOptions,
  ) {
    this.#sink = sink;
    this.#state = new RulesState(options);
  }

  get state(): Snapshotable {
    return this.#state.keys;
  }

  /** What its keys take. */
  get footprint(): Footprint {
    return this.#state.keys.footprint;
  }

  // rules that come and go

  /** No rule is left. */
  get isEmpty(): boolean {
    return this.#state.rules.length === 0;
  }

  /** Rules that see events, in the order of their numbers. */
  get running(): readonly HostedRule[] {
    return (this.#running ??= this.#state.rules.filter(({ isRunning }) => isRunning));
  }

  /**
   * Takes a rule in, which begins with nothing open. Its `number` is that of the same rule in the snapshot that
   * is to be restored, or one that no rule of this key has had.
   */
  add(rule: MatchRule, number = this.#lastNumber + 1): HostedRule {
    const hosted = new HostedRule(rule, number, this.#sink, this.#tally);
    this.#state.add(hosted);
    this.#lastNumber = Math.max(this.#lastNumber, number);
    this.#withoutKeySample.push(hosted);
    this.#rulesChanged();
    return hosted;
  }

  /** Its open matches and cool-downs are gone. */
  retire(hosted: HostedRule): void {
    hosted.pause();
    this.#state.retire(hosted);
    this.#rulesChanged();
  }

  /** It sees nothing from now on, and its open matches are given up: a gap would falsify `next` and absence. Cool-downs stay. */
  pause(hosted: HostedRule): void {
    hosted.pause();
    this.#rulesChanged();
    for (const [entry, state] of this.#state.of(hosted)) {
      this.#state.touch(entry);
      state.state = hosted.rule.matcher.createState();
      this.#settle(entry, state, -Infinity);
      this.#state.store(entry);
    }
  }

  resume(hosted: HostedRule): void {
    hosted.resume();
    this.#rulesChanged();
  }

  /** Puts a new version with the same pattern in place: open matches go on, later alerts carry the new text. */
  replaceRule(hosted: HostedRule, rule: MatchRule): void {
    hosted.rule = rule;
    this.#rulesChanged();
  }

  /** Puts a version with another pattern in place: open matches that have a place in it go on, the others are given up. */
  carryTo(hosted: HostedRule, rule: MatchRule, mapping: StateMapping | undefined): CarryResult {
    // Before anything moves: a snapshot that waits for a key writes it by the old version.
    for (const [entry] of this.#state.of(hosted)) this.#state.touch(entry);
    const result = this.#carry(hosted, rule, mapping, (entry, state, carried) => {
      this.#state.touch(entry);
      state.state = carried;
      // If the key rests again, it is written by the new version.
      hosted.rule = rule;
      this.#settle(entry, state, -Infinity);
      this.#state.store(entry);
    });
    hosted.rule = rule;
    this.#rulesChanged();
    return result;
  }

  /** What carryTo would do; nothing changes. */
  previewCarry(hosted: HostedRule, rule: MatchRule, mapping: StateMapping | undefined): CarryResult {
    return this.#carry(hosted, rule, mapping, () => {});
  }

  // events and time

  processElement(event: Event): void {
    this.advanceTime(event.time);
    this.#state.sweep();
    const key = this.#keyOf(event);
    if (key === undefined) return;
    const index = (this.#index ??= new RuleIndex(this.running));
    index.lookUp(event);
    if (index.concerned.length === 0 && !index.hasEager) return;
    const entry = this.#state.get(key.id);
    if (entry === undefined) return this.#beginKey(key.id, index.concerned, event);
    if (index.hasEager) index.addEager(entry.states);
    this.#continueKey(entry, index.concerned, event);
  }

  advanceTime(time: number): void {
    if (this.#state.earliest > time) return;
    const alerts: DueAlert[] = [];
    this.#due = alerts;
    for (let due = this.#state.takeDue(time); due !== undefined; due = this.#state.takeDue(time)) {
      const { entry, deadline } = due;
      if (alerts.length > 0 && alerts[0].at < deadline) this.#tell(alerts);
      for (let i = 0; i < entry.states.length; ) {
        const state = entry.states[i];
        if (state.of.isRetired) entry.remove(state);
        else if (state.deadline <= deadline) this.#fire(entry, state, deadline);
        // What has nothing left is gone from the list.
        if (entry.states[i] === state) i++;
      }
      this.#state.store(entry);
    }
    this.#due = undefined;
    this.#tell(alerts);
  }

  /** Alerts of one deadline, in the order of their keys: keys come out of the queue in any, and a restart must change nothing. */
  #tell(alerts: DueAlert[]): void {
    if (alerts.length > 1) alerts.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    for (const { rule, key, match, at } of alerts) this.#sink.alert(rule, new Key(key), match, at);
    alerts.length = 0;
  }

  nextDeadline(): number {
    return this.#state.earliest;
  }

  /** The key, as far as a rule is there that may evaluate it: all have the same, and the first stands for it. */
  #keyOf(event: Event): Key | undefined {
    const { running } = this;
    for (let i = 0; i < running.length; i++) {
      const hosted = running[i];
      if (!this.#sink.admitEvent(hosted.rule, event)) {
        hosted.stopCounting();
        continue;
      }
      const key = hosted.rule.keyOf(event);
      if (key === undefined) this.#countUnusableKey(event);
      else this.#tally.events++;
      return key;
    }
    return undefined;
  }

  /** Most events begin nothing: such a key leaves no trace. */
  #beginKey(id: string, concerned: readonly HostedRule[], event: Event): void {
    let entry: RulesEntry | undefined;
    for (let i = 0; i < concerned.length; i++) {
      const begun = concerned[i].mayBegin ? this.#begin(concerned[i], event) : undefined;
      if (begun !== undefined) this.#settleBegun((entry ??= new RulesEntry(id)), begun, event.time);
    }
    if (entry !== undefined && entry.states.length > 0) this.#state.addKey(entry);
  }

  #continueKey(entry: RulesEntry, concerned: readonly HostedRule[], event: Event): void {
    let changed = false;
    for (let i = 0; i < concerned.length; i++) {
      const hosted = concerned[i];
      const state = entry.find(hosted);
      if (state !== undefined) {
        if (!this.#admit(hosted, event)) continue;
        if (!changed) this.#state.touch(entry);
        changed = true;
        this.#continue(entry, state, event);
      } else if (hosted.mayBegin) {
        const begun = this.#begin(hosted, event);
        if (begun === undefined) continue;
        if (!changed) this.#state.touch(entry);
        changed = true;
        this.#settleBegun(entry, begun, event.time);
      }
    }
    if (changed) this.#state.store(entry);
  }

  #continue(entry: RulesEntry, state: RuleState, event: Event): void {
    const { of } = state;
    of.rule.matcher.advanceTime(state.state, event.time, of);
    of.rule.matcher.processEvent(state.state, event, of);
    if (of.emitted.length > 0) this.#publish(entry.id, state, event.time);
    this.#settle(entry, state, event.time);
  }

  /** What the event begins of a rule that has nothing of its key. */
  #begin(hosted: HostedRule, event: Event): RuleState | undefined {
    if (!this.#admit(hosted, event)) return undefined;
    const begun = hosted.rule.matcher.begin(event, hosted);
    return begun === undefined ? undefined : new RuleState(hosted, begun);
  }

  #settleBegun(entry: RulesEntry, state: RuleState, time: number): void {
    if (state.of.emitted.length > 0) this.#publish(entry.id, state, time);
    if (isForgettable(state, time)) return;
    entry.put(state);
    this.#settle(entry, state, time);
  }

  #admit(hosted: HostedRule, event: Event): boolean {
    if (this.#sink.admitEvent(hosted.rule, event)) return true;
    hosted.stopCounting(1);
    return false;
  }

  #fire(entry: RulesEntry, state: RuleState, deadline: number): void {
    const { of } = state;
    if (of.isRunning && !this.#sink.admitDeadline(of.rule, deadline)) {
      of.stopCounting();
      state.deadline = Infinity;
      return;
    }
    of.rule.matcher.advanceTime(state.state, deadline, of);
    if (of.emitted.length > 0) this.#publish(entry.id, state, deadline);
    this.#settle(entry, state, deadline);
  }

  #publish(key: string, state: RuleState, time: number): void {
    const { of } = state;
    const matches = of.emitted;
    of.emitted = [];
    for (const match of orderMatches(matches)) {
      const suppressed = match.endTime < state.suppressedUntil;
      of.countAlert(suppressed);
      if (suppressed) continue;
      if (of.rule.suppressFor !== undefined) state.suppressedUntil = match.endTime + of.rule.suppressFor;
      if (this.#due === undefined) this.#sink.alert(of.rule, new Key(key), match, time);
      else this.#due.push({ rule: of.rule, key, match, at: time });
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

  // looking in

  /** Open partial matches of a key. */
  openMatches(hosted: HostedRule, id: string): readonly OpenMatch[] {
    const state = this.#state.get(id)?.find(hosted);
    return state === undefined ? [] : hosted.rule.matcher.describe(state.state);
  }

  /** Open partial matches of all keys: what pausing the rule would drop. */
  openMatchCount(hosted: HostedRule): number {
    let count = 0;
    for (const [, { state }] of this.#state.of(hosted)) count += countOpen(hosted.rule.matcher, state);
    return count;
  }

  #carry(
    hosted: HostedRule,
    to: MatchRule,
    mapping: StateMapping | undefined,
    moved: (entry: RulesEntry, state: RuleState, carried: unknown) => void,
  ): CarryResult {
    const sum = { carried: 0, dropped: 0 };
    for (const [entry, of] of this.#state.of(hosted)) {
      const { state, carried, dropped } = carry(hosted.rule.matcher, of.state, to.matcher, mapping);
      sum.carried += carried;
      sum.dropped += dropped;
      moved(entry, of, state);
    }
    return sum;
  }

  #rulesChanged(): void {
    this.#running = undefined;
    this.#index = undefined;
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
