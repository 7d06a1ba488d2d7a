import type { Event } from '../../event/event.js';
import type { StateMapping } from '../../nfa/index.js';
import type { Operator } from '../../operator/operator.js';
import type { Footprint, KeyedStateOptions, Snapshotable } from '../../state/keyed-state.js';
import { carry, countOpen } from '../carry.js';
import type { OpenMatch } from '../matcher.js';
import { HostedRule, type KeyTally } from './hosted-rule.js';
import type { MatchRule, MatchSink } from './match-rule.js';
import { RuleEvaluator } from './rule-evaluator.js';
import { RuleIndex } from './rule-index.js';
import type { RulesEntry } from './rules-entry.js';
import { RulesState } from './rules-state.js';

/** Partial matches that went on in another version of a rule, and those that were given up. */
export interface CarryResult {
  readonly carried: number;
  readonly dropped: number;
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
  readonly #evaluator: RuleEvaluator;
  readonly #tally: KeyTally = { events: 0, unusableKeys: 0 };
  /** Made again after rules have come or gone. */
  #running: readonly HostedRule[] | undefined;
  #index: RuleIndex | undefined;
  #withoutKeySample: HostedRule[] = [];
  #lastNumber = 0;

  constructor(
    readonly id: string,
    sink: MatchSink,
    options?: KeyedStateOptions,
  ) {
    this.#sink = sink;
    this.#state = new RulesState(options);
    this.#evaluator = new RuleEvaluator(this.#state, sink);
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
    for (const [entry, at] of this.#state.of(hosted)) this.#evaluator.restate(entry, at, hosted.rule.matcher.createState());
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
    const result = this.#carry(hosted, rule, mapping, (entry, at, carried) => {
      // If the key rests again, it is written by the new version.
      hosted.rule = rule;
      this.#evaluator.restate(entry, at, carried);
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
    const first = this.#firstAdmitted(event);
    if (first === undefined) return;
    const index = (this.#index ??= new RuleIndex(this.running));
    index.lookUp(event);
    if (index.concerned.length === 0 && !index.hasEager) return this.#countKey(first.hasKey(event), event);
    const key = first.keyOf(event);
    this.#countKey(key !== undefined, event);
    if (key === undefined) return;
    const entry = this.#state.get(key.id);
    if (entry === undefined) return this.#evaluator.beginKey(key.id, index.concerned, event);
    if (index.hasEager) index.addEager(entry.states);
    this.#evaluator.continueKey(entry, index.concerned, event);
  }

  advanceTime(time: number): void {
    this.#evaluator.advanceTime(time);
  }

  nextDeadline(): number {
    return this.#state.earliest;
  }

  /** The rule that stands for all where the key is evaluated, as far as one may be. */
  #firstAdmitted(event: Event): MatchRule | undefined {
    const { running } = this;
    for (let i = 0; i < running.length; i++) {
      const { rule } = running[i];
      if (this.#sink.admitEvent(rule, event)) return rule;
      running[i].stopCounting();
    }
    return undefined;
  }

  // looking in

  /** Open partial matches of a key. */
  openMatches(hosted: HostedRule, id: string): readonly OpenMatch[] {
    const entry = this.#state.get(id);
    const at = entry?.find(hosted) ?? -1;
    return entry === undefined || at < 0 ? [] : hosted.rule.matcher.describe(entry.states[at].state);
  }

  /** Open partial matches of all keys: what pausing the rule would drop. */
  openMatchCount(hosted: HostedRule): number {
    let count = 0;
    for (const [{ states }, at] of this.#state.of(hosted)) count += countOpen(hosted.rule.matcher, states[at].state);
    return count;
  }

  #carry(
    hosted: HostedRule,
    to: MatchRule,
    mapping: StateMapping | undefined,
    moved: (entry: RulesEntry, at: number, carried: unknown) => void,
  ): CarryResult {
    const sum = { carried: 0, dropped: 0 };
    for (const [entry, at] of this.#state.of(hosted)) {
      const { state, carried, dropped } = carry(hosted.rule.matcher, entry.states[at].state, to.matcher, mapping);
      sum.carried += carried;
      sum.dropped += dropped;
      moved(entry, at, state);
    }
    return sum;
  }

  #rulesChanged(): void {
    this.#running = undefined;
    this.#index = undefined;
  }

  #countKey(isUsable: boolean, event: Event): void {
    if (isUsable) this.#tally.events++;
    else this.#countUnusableKey(event);
  }

  #countUnusableKey(event: Event): void {
    this.#tally.unusableKeys++;
    if (this.#withoutKeySample.length === 0) return;
    for (const hosted of this.#withoutKeySample) if (hosted.isRunning) hosted.sampleUnusableKey(event.id);
    this.#withoutKeySample = this.#withoutKeySample.filter(({ isRunning, isRetired }) => !isRunning && !isRetired);
  }
}
