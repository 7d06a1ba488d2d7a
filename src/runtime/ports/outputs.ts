import type { ListVersion } from '../../engine/expr/index.js';
import type { EventPosition } from '../../engine/event/event.js';

/** Next offset per partition, by "stream/partition". */
export type Positions = Readonly<Record<string, number>>;

/** Everything that decides output and is not in a source log (docs/architecture.md). */
export type JournalPayload =
  | { readonly kind: 'rule-activated'; readonly rule: string; readonly version: number; readonly status: 'active' | 'shadow' }
  | { readonly kind: 'rule-paused'; readonly rule: string; readonly reason: 'user' }
  /** The engine took this version out of work itself, at the very event or deadline; the entry's commit sets its status. */
  | { readonly kind: 'rule-paused'; readonly rule: string; readonly reason: 'limit' | 'watchdog'; readonly version: number }
  | { readonly kind: 'rule-retired'; readonly rule: string }
  /** The first time that a version of a rule reaches one of its limits; it changes nothing. */
  | {
      readonly kind: 'limit-reached';
      readonly rule: string;
      readonly version: number;
      readonly limit: 'keptEvents' | 'keptBytes' | 'matchesPerEvent';
      readonly onLimit: 'dropOldest' | 'dropNewest' | 'pause';
    }
  | {
      readonly kind: 'stream-changed';
      readonly stream: string;
      readonly version: number;
      readonly starts: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'stream-deleted'; readonly stream: string }
  /** A reference list has another content, or with `deleted` is gone. */
  | { readonly kind: 'list-changed'; readonly list: string; readonly version: number; readonly deleted: boolean }
  | { readonly kind: 'partition-idle'; readonly stream: string; readonly partition: number }
  /** `stallFloor` binds rules with `onStall: continue` alone. */
  | {
      readonly kind: 'partition-active';
      readonly stream: string;
      readonly partition: number;
      readonly floor: number;
      readonly stallFloor: number;
    }
  /** The source gives nothing although there is more; rules with `onStall: continue` go on without it. */
  | { readonly kind: 'partition-stalled'; readonly stream: string; readonly partition: number }
  | { readonly kind: 'partition-resumed'; readonly stream: string; readonly partition: number; readonly stallFloor: number }
  | { readonly kind: 'time-advanced'; readonly stream: string; readonly watermark: number; readonly cause: 'quiet' | 'asserted' }
  | { readonly kind: 'poison'; readonly rule: string; readonly event: EventPosition }
  /** The rule is to be stopped before its deadlines at `time`, epoch ms. */
  | { readonly kind: 'poison-deadline'; readonly rule: string; readonly time: number };

/** Applied again at exactly these positions by recovery and replay. */
export interface JournalEntry {
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly positions: Positions;
  readonly payload: JournalPayload;
}

export interface AlertOutput {
  /** 32 hex digits, the same again on every replay. */
  readonly id: string;
  readonly rule: string;
  readonly ruleVersion: number;
  readonly kind: 'match' | 'timeout' | 'window';
  readonly severity: string;
  /** The key as JSON text; "null" without one. */
  readonly key: string;
  readonly shadow: boolean;
  /** The alert as a JSON object without `detectedAt`, which the store adds. Events in it byte for byte. */
  readonly body: Uint8Array;
  /** JSON array: [{step, event, edge, time}]. */
  readonly explanation: Uint8Array;
}

export interface DeadLetterOutput {
  /** Deterministic; a second letter with the same identity is not written. */
  readonly identity: string;
  readonly stream: string;
  readonly partition: number | null;
  readonly offset: number | null;
  readonly code: string;
  readonly message: string;
  /** Epoch ms of the event, if known. */
  readonly time?: number;
  readonly watermark?: number;
  readonly cause?: string;
  readonly raw: Uint8Array;
}

/** The meaning of a checkpoint is the worker's; the store keeps bytes. */
export interface CheckpointOutput {
  /** From 1, growing. */
  readonly id: number;
  readonly kind: 'checkpoint' | 'savepoint';
  /** The last journal entry it covers. */
  readonly journalSequence: number;
  /** Segments of checkpoints before this one are no longer needed. */
  readonly oldestNeeded: number;
  /** JSON: positions, release frontiers, active rules, counters. */
  readonly meta: string;
  /** Per stream/partition the lowest offset that recovery reads again: retention stops here. */
  readonly neededOffsets: Positions;
  /** The reference lists' versions: what they held before is needed no more. */
  readonly lists: readonly ListVersion[];
  /** At most 4 MiB each, uncompressed: the last ones, after `firstSegment` that were given while they were made. */
  readonly segments: readonly Uint8Array[];
  readonly firstSegment: number;
  /** The longest that the engine stood still for it, ms: at its barrier, or between two batches. */
  readonly pauseMs: number;
}

/** Segments of a checkpoint that is being made, from number `firstSegment` on. */
export interface SegmentsPart {
  readonly checkpoint: number;
  readonly firstSegment: number;
  readonly segments: readonly Uint8Array[];
}

/** What the engine says, in order. Committed in this order, so nothing leaves before what it depends on. */
export type Output =
  | { readonly type: 'journal'; readonly entry: JournalEntry }
  | { readonly type: 'alert'; readonly alert: AlertOutput }
  | { readonly type: 'deadLetter'; readonly deadLetter: DeadLetterOutput }
  /** The checkpoint of this number covers what was said before, and is said itself when its segments are made. */
  | { readonly type: 'barrier'; readonly checkpoint: number }
  | { readonly type: 'checkpoint'; readonly checkpoint: CheckpointOutput };
