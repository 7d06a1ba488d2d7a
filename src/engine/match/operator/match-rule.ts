import type { Event } from '../../event/event.js';
import type { FieldLayout } from '../../event/field-layout.js';
import type { Key } from '../../state/key.js';
import type { RuleTriggers } from '../index/triggers.js';
import type { Emission, Matcher } from '../matcher.js';

/** A rule as the operator runs it: compiled, frozen, without state. */
export interface MatchRule<S = unknown> {
  readonly id: string;
  readonly version: number;
  readonly matcher: Matcher<S>;
  readonly layout: FieldLayout;
  /** Absent: every event is shown to the matcher. */
  readonly triggers?: RuleTriggers;
  /** Whether partial matches that ran out of time give alerts. */
  readonly timeouts: boolean;
  /** Cool-down per key after an alert, ms. */
  readonly suppressFor: number | undefined;
  /** The key of an event; undefined when it has none that can be used. */
  keyOf(event: Event): Key | undefined;
  /** Whether `keyOf` gives one; makes none. */
  hasKey(event: Event): boolean;
  /** The text of an expression of the rule, by its number. */
  expressionText(expression: number): string;
}

/** Where the operator's results go, and who is asked before it evaluates. */
export interface MatchSink {
  /** Emitted at event time `at` (epoch ms), in order, after suppression. */
  alert(rule: MatchRule, key: Key, match: Emission, at: number): void;
  /** False: the rule sees no more events. */
  limitReached(rule: MatchRule, limit: 'keptEvents' | 'keptBytes' | 'matchesPerEvent', dropped: number): boolean;
  /** Asked before the rule evaluates the event, and for one of the rules before the event's key is; false leaves the rule out. */
  admitEvent(rule: MatchRule, event: Event): boolean;
  /** Asked before the rule evaluates a key's deadline at `time`, epoch ms. A rule left out sees no more of the key until it is paused. */
  admitDeadline(rule: MatchRule, time: number): boolean;
  /** Told before an alert that has waited for those of other keys and rules at its deadline: evaluating its texts is work of its rule. */
  backAtDeadline(rule: MatchRule, time: number): void;
}
