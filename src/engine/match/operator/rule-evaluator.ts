import type { Event } from '../../event/event.js';
import { Key } from '../../state/key.js';
import type { Emission } from '../matcher.js';
import type { HostedRule } from './hosted-rule.js';
import type { MatchRule, MatchSink } from './match-rule.js';
import { orderMatches } from './match-order.js';
import { RulesEntry, RuleState } from './rules-entry.js';
import type { RulesState } from './rules-state.js';

/** An alert that waits for those of other keys at the same deadline. */
interface DueAlert {
  readonly rule: MatchRule;
  readonly key: string;
  readonly match: Emission;
  /** Epoch ms. */
  readonly at: number;
}

/** Shows events and deadlines of a key to the rules that they concern, publishes what comes out, and keeps what is left. */
export class RuleEvaluator {
  /** Alerts of the deadline being worked off. */
  #due: DueAlert[] | undefined;

  constructor(
    readonly state: RulesState,
    readonly sink: MatchSink,
  ) {}

  /** Most events begin nothing: such a key leaves no trace. */
  beginKey(id: string, concerned: readonly HostedRule[], event: Event): void {
    let entry: RulesEntry | undefined;
    for (let i = 0; i < concerned.length; i++) {
      const begun = concerned[i].mayBegin ? this.#begin(concerned[i], event) : undefined;
      if (begun !== undefined) this.#settleBegun((entry ??= new RulesEntry(id)), begun, event.time);
    }
    if (entry !== undefined && entry.states.length > 0) this.state.addKey(entry);
  }

  continueKey(entry: RulesEntry, concerned: readonly HostedRule[], event: Event): void {
    let changed = false;
    let earliest = Infinity;
    for (let i = 0; i < concerned.length; i++) {
      const hosted = concerned[i];
      const at = entry.find(hosted);
      if (at < 0 && !hosted.mayBegin) continue;
      if (at >= 0 && !this.#admit(hosted, event)) continue;
      const begun = at < 0 ? this.#begin(hosted, event) : undefined;
      if (at < 0 && begun === undefined) continue;
      if (!changed) this.state.touch(entry);
      changed = true;
      const deadline = begun === undefined ? this.#continue(entry, at, event) : this.#settleBegun(entry, begun, event.time);
      if (deadline < earliest) earliest = deadline;
    }
    if (changed) this.state.store(entry, earliest);
  }

  #continue(entry: RulesEntry, at: number, event: Event): number {
    const state = entry.states[at];
    const { of } = state;
    of.rule.matcher.advanceTime(state.state, event.time, of);
    of.rule.matcher.processEvent(state.state, event, of);
    if (of.emitted.length > 0) this.#publish(entry.id, state, event.time);
    return this.#settle(entry, at, event.time);
  }

  /** What the event begins of a rule that has nothing of its key. */
  #begin(hosted: HostedRule, event: Event): RuleState | undefined {
    if (!this.#admit(hosted, event)) return undefined;
    const begun = hosted.rule.matcher.begin(event, hosted);
    return begun === undefined ? undefined : new RuleState(hosted, begun);
  }

  #settleBegun(entry: RulesEntry, state: RuleState, time: number): number {
    const { of } = state;
    if (of.emitted.length > 0) this.#publish(entry.id, state, time);
    if (isForgettable(state, time)) return Infinity;
    state.kept = of.rule.matcher.keptEvents(state.state);
    const deadline = deadlineOf(state);
    this.state.put(entry, state, deadline);
    return deadline;
  }

  #admit(hosted: HostedRule, event: Event): boolean {
    if (this.sink.admitEvent(hosted.rule, event)) return true;
    hosted.stopCounting(1);
    return false;
  }

  /** Fires every deadline up to `time`, epoch ms, each at its own. */
  advanceTime(time: number): void {
    const { state } = this;
    if (state.earliest > time) return;
    const alerts: DueAlert[] = [];
    this.#due = alerts;
    while (state.earliest <= time) {
      const deadline = state.earliest;
      const entry = state.takeEarliest();
      if (entry === undefined) continue;
      if (alerts.length > 0 && alerts[0].at < deadline) this.#tell(alerts);
      this.#fire(entry, deadline);
    }
    this.#due = undefined;
    this.#tell(alerts);
  }

  /** Alerts of one deadline, in the order of their keys: keys come out of the queue in any, and a restart must change nothing. */
  #tell(alerts: DueAlert[]): void {
    if (alerts.length > 1) alerts.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    for (const { rule, key, match, at } of alerts) {
      this.sink.backAtDeadline(rule, at);
      this.sink.alert(rule, new Key(key), match, at);
    }
    alerts.length = 0;
  }

  #fire(entry: RulesEntry, deadline: number): void {
    const { states, deadlines } = entry;
    for (let at = 0; at < states.length; ) {
      const state = states[at];
      if (deadlines[at] <= deadline) this.#fireRule(entry, at, deadline);
      // What is left nothing of has gone, and the next stands in its place.
      if (states[at] === state) at++;
    }
    this.state.store(entry, entry.earliest);
  }

  #fireRule(entry: RulesEntry, at: number, deadline: number): void {
    const state = entry.states[at];
    const { of } = state;
    if (of.isRetired) return this.state.remove(entry, at);
    if (of.isRunning && !this.sink.admitDeadline(of.rule, deadline)) {
      of.stopCounting();
      entry.deadlines[at] = Infinity;
      return;
    }
    of.rule.matcher.advanceTime(state.state, deadline, of);
    if (of.emitted.length > 0) this.#publish(entry.id, state, deadline);
    this.#settle(entry, at, deadline);
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
      if (this.#due === undefined) this.sink.alert(of.rule, new Key(key), match, time);
      else this.#due.push({ rule: of.rule, key, match, at: time });
    }
  }

  /** After a rule's state of a key changed: forgets it when nothing is left, else tells when to look again. */
  #settle(entry: RulesEntry, at: number, time: number): number {
    const state = entry.states[at];
    if (isForgettable(state, time)) {
      this.state.remove(entry, at);
      return Infinity;
    }
    const kept = state.of.rule.matcher.keptEvents(state.state);
    if (kept !== state.kept) state.of.count(0, kept - state.kept);
    state.kept = kept;
    return (entry.deadlines[at] = deadlineOf(state));
  }

  /** Puts another state of the matcher in place, between events. */
  restate(entry: RulesEntry, at: number, state: unknown): void {
    this.state.touch(entry);
    entry.states[at].state = state;
    this.state.store(entry, this.#settle(entry, at, -Infinity));
  }
}

/** When the rule is to look at the key next, epoch ms. A cool-down is state, too: it is forgotten when it ends. */
function deadlineOf({ of, state, suppressedUntil }: RuleState): number {
  const deadline = of.rule.matcher.nextDeadline(state);
  return suppressedUntil === -Infinity ? deadline : Math.min(deadline, suppressedUntil);
}

/** Nothing is open, and no cool-down lasts beyond `time`. */
function isForgettable(state: RuleState, time: number): boolean {
  if (state.suppressedUntil <= time) state.suppressedUntil = -Infinity;
  return state.suppressedUntil === -Infinity && state.of.rule.matcher.isEmpty(state.state);
}
