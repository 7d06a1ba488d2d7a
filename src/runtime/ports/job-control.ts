import type { ListVersion } from '../../engine/expr/index.js';

/** The engine's thread was replaced while it was asked: what was asked may or may not have happened. */
export class EngineRestartedError extends Error {}

/** What a stream has accepted is not worked off yet, so nothing can be asserted of it; the message says why. */
export class StreamBehindError extends Error {}

/** What the service may ask of the running job. Every change resolves once its journal entry is committed. */
export interface JobControl {
  /** Activates a stored version (the rule's first, or a new one), or flips shadow and active. */
  activateRule(rule: string, version: number, status: 'active' | 'shadow'): Promise<RuleChangeResult>;
  pauseRule(rule: string): Promise<RuleChangeResult>;
  retireRule(rule: string): Promise<RuleChangeResult>;
  /** What activating would do to the open partial matches; nothing changes. */
  previewRule(rule: string, document: unknown): Promise<RuleChangeResult>;
  streamChanged(stream: string, version: number): Promise<void>;
  streamDeleted(stream: string): Promise<void>;
  /** Brings a reference list to a stored version; `deleted` when that is its deletion. */
  listChanged(version: ListVersion): Promise<void>;
  /** Which version of a reference list the rules see; undefined when none. */
  listVersion(list: string): number | undefined;
  /**
   * A producer asserts that all up to `time` (epoch ms) has been sent. Resolves with the stream's watermark, once all that
   * the stream had accepted is worked off; rejects with StreamBehindError when that takes longer than some seconds.
   */
  assertWatermark(stream: string, time: number): Promise<number>;
  /** We answered 429 or 503: that silence is ours, the quiet clock starts again. */
  refused(stream: string): void;
  ruleStats(rule: string): RuleStats | undefined;
  openMatches(rule: string, key: unknown): Promise<readonly OpenMatchView[]>;
  /** Epoch ms, as the engine told last; null before the first event. */
  watermark(stream: string, partition: number): number | null;
  status(): JobStatus;
  metrics(): JobMetrics;
}

export interface RuleChangeResult {
  /** Open partial matches that go on, and that are given up. */
  readonly carried: number;
  readonly dropped: number;
}

export interface OpenMatchView {
  readonly waitingFor: string;
  /** Time of its first event, epoch ms; null for a window. */
  readonly since: number | null;
  /** Epoch ms; null without a bound. */
  readonly deadline: number | null;
  /** Step to the events it took, as JSON values. */
  readonly steps: Readonly<Record<string, readonly { id: string; time: number; event: unknown }[]>>;
}

export interface RuleStats {
  readonly rule: string;
  readonly version: number;
  readonly status: 'active' | 'shadow' | 'paused';
  readonly events: number;
  readonly alerts: number;
  readonly suppressed: number;
  readonly timeouts: number;
  readonly keys: number;
  readonly keptEvents: number;
  readonly conditionErrors: number;
  readonly conditionErrorSample: string | null;
  readonly unusableKeys: number;
  readonly unusableKeySample: string | null;
  /** Times a limit of the rule was reached, and at least how many partial matches and matches were given up by it. */
  readonly limitReached: number;
  readonly limitDropped: number;
  readonly keptEventsReached: number;
  readonly keptBytesReached: number;
  readonly matchesPerEventReached: number;
  /** Epoch ms; null before the first event. */
  readonly watermark: number | null;
  /** Partitions (stream/partition) it reads that are stalled: it waits for them, or goes on without them (`onStall`). */
  readonly stalled: readonly string[];
}

export interface StreamStatus {
  readonly stream: string;
  /** Of the document in force. */
  readonly version: number;
  readonly partition: number;
  readonly nextOffset: number;
  readonly endOffset: number;
  /** Epoch ms; null before the first event. */
  readonly watermark: number | null;
  readonly idle: boolean;
  /** Its source has given nothing for too long, although it has more or cannot be asked. */
  readonly stalled: boolean;
  readonly events: number;
  readonly late: number;
  readonly duplicates: number;
}

/** A stalled partition, since when (epoch ms), and which rules wait for it or go on without it. */
export interface StallStatus {
  readonly stream: string;
  readonly partition: number;
  readonly since: number;
  readonly waiting: readonly string[];
  readonly continuing: readonly string[];
}

export interface JobStatus {
  readonly state: 'created' | 'recovering' | 'running' | 'stalled' | 'stopping' | 'stopped' | 'failed';
  /** Why it is not running, for health. */
  readonly reason: string | null;
  readonly since: number;
  readonly streams: readonly StreamStatus[];
  readonly stalls: readonly StallStatus[];
  readonly restarts: number;
}

export interface JobMetrics {
  readonly rules: readonly RuleStats[];
  readonly streams: readonly StreamStatus[];
  readonly deadLetters: number;
  readonly ghostAlerts: number;
  readonly checkpoints: {
    readonly completed: number;
    readonly failed: number;
    readonly lastId: number;
    readonly lastBytes: number;
    readonly lastPauseMs: number;
    readonly lastDurationMs: number;
    readonly lastAt: number | null;
  };
}
