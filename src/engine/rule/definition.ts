import type { Pattern } from '../pattern/pattern.js';
import type { WindowRule } from '../window/rule/window-rule.js';

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const RULE_STATUSES = ['draft', 'shadow', 'active', 'paused'] as const;
export type RuleStatus = (typeof RULE_STATUSES)[number];

export const ALERT_EVENTS = ['full', 'fields', 'none'] as const;
export type AlertEvents = (typeof ALERT_EVENTS)[number];

export const ON_LIMIT = ['dropOldest', 'dropNewest', 'pause'] as const;
export type OnLimit = (typeof ON_LIMIT)[number];

export const ON_STALL = ['wait', 'continue'] as const;
export type OnStall = (typeof ON_STALL)[number];

/** A checked rule document: frozen, defaults filled in, durations in ms. */
export type RuleDefinition = PatternRuleDefinition | WindowRuleDefinition;

/** What all rules have. */
interface CommonDefinition {
  readonly id: string;
  /** The id when the document names none. */
  readonly title: string;
  readonly description?: string;
  readonly severity: Severity;
  readonly tags: readonly string[];
  readonly status: RuleStatus;
  /** Streams in the order that decides between equal times. */
  readonly from: readonly string[];
  /** CEL. A list stays a list (the alert's key is one then); absent = one key for all events. */
  readonly key?: string | readonly string[];
  readonly alert: AlertDefinition;
  /** Cool-down per rule and key, in event time, ms. */
  readonly suppress?: { readonly for: number };
  readonly limits: RuleLimits;
  readonly onStall: OnStall;
  /** Canonical JSON text of {from, key, pattern, within, skip} or {from, key, window, select}: what state and alert ids belong to. */
  readonly canonical: string;
}

export interface PatternRuleDefinition extends CommonDefinition {
  readonly kind: 'pattern';
  readonly pattern: Pattern;
  /** Partial matches that ran out of time give alerts of their own. */
  readonly timeouts: boolean;
}

export interface WindowRuleDefinition extends CommonDefinition, WindowRule {
  readonly kind: 'window';
}

export interface AlertDefinition {
  /** Text with `${CEL}` in it and `$${` for a literal; the rule's title, escaped, when the document names none. */
  readonly title: string;
  /** Name to CEL, in the document's order. */
  readonly fields: Readonly<Record<string, string>>;
  readonly events: AlertEvents;
  /** Sinks; absent = all, empty = none. */
  readonly to?: readonly string[];
}

/** Narrows the service's defaults; what is absent is the service's. */
export interface RuleLimits {
  readonly keptEvents?: number;
  readonly keptBytes?: number;
  readonly matchesPerEvent?: number;
  readonly onLimit?: OnLimit;
}

export const TIME_FORMATS = ['epochMillis', 'epochSeconds', 'iso8601'] as const;
export type TimeFormat = (typeof TIME_FORMATS)[number];

export const FIELD_TYPES = ['double', 'string', 'boolean', 'list', 'object'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** A checked stream document: frozen, defaults filled in, durations in ms. */
export interface StreamDefinition {
  readonly name: string;
  readonly source: StreamSource;
  /** CEL for the event's id; absent = stream/partition/offset. */
  readonly id?: string;
  /** Absent = arrival time. */
  readonly time?: TimeDefinition;
  readonly outOfOrderness: number;
  /** null = never steps aside. */
  readonly idleAfter: number | null;
  /** null = no quiet clock. */
  readonly quietAfter: number | null;
  readonly dedupe?: { readonly for: number };
  /** CEL. */
  readonly partitionedBy?: string;
  readonly fields?: Readonly<Record<string, FieldType>>;
}

export const RECORD_PARTS = ['key', 'headers'] as const;
export type RecordPart = (typeof RECORD_PARTS)[number];

export type StreamSource = { readonly kind: 'http'; readonly partitions: number } | KafkaSource;

export interface KafkaSource {
  readonly kind: 'kafka';
  readonly topic: string;
  /** Where the first run begins; a number is epoch ms. */
  readonly start: 'earliest' | 'latest' | number;
  /** Parts of the record that become the event's fields `$key` and `$headers`. */
  readonly include: readonly RecordPart[];
}

export interface TimeDefinition {
  /** As written: names joined by dots. */
  readonly field: string;
  readonly path: readonly string[];
  readonly format: TimeFormat;
  /** IANA name for ISO times without offset. */
  readonly zone?: string;
}
