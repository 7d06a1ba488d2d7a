import type { ListUpdate, ListVersion } from '../../engine/expr/index.js';
import type { EventLimits, TimeRange } from '../../engine/rule/decode-event.js';
import type { RuleDefinition } from '../../engine/rule/definition.js';
import type { JournalEntry, JournalPayload, Output, SegmentsPart } from '../ports/outputs.js';
import type { OpenMatchView, RuleChangeResult, RuleStats, StreamStatus } from '../ports/job-control.js';
import type { SourceBatch } from '../ports/stores.js';
import type { StreamQuiet } from '../task/quiet.js';

/** Documents that the journal, the checkpoint or a coming change name. */
export type Document =
  | { readonly kind: 'rule'; readonly id: string; readonly version: number; readonly document: unknown }
  | { readonly kind: 'stream'; readonly id: string; readonly version: number; readonly document: unknown }
  | { readonly kind: 'list'; readonly id: string; readonly version: number; readonly document: ListUpdate };

/** What the engine's thread starts with. */
export interface WorkerData {
  readonly note: SharedArrayBuffer;
  /** Event time, ms, that a partition may be ahead of the others. */
  readonly maxAhead: number;
  readonly eventLimits: EventLimits;
  /** Only events of these times are looked at; absent = all. */
  readonly range?: TimeRange;
}

/** Main thread to engine. */
export type ToEngine =
  | { readonly type: 'documents'; readonly documents: readonly Document[] }
  | { readonly type: 'restore'; readonly meta: string }
  | { readonly type: 'segment'; readonly data: Uint8Array }
  | { readonly type: 'replay'; readonly entries: readonly JournalEntry[] }
  | { readonly type: 'batch'; readonly batch: SourceBatch }
  | { readonly type: 'quiet'; readonly quiet: readonly StreamQuiet[] }
  /** So many segments of the checkpoint that is being made are in the database: there is room for more. */
  | { readonly type: 'segmentsStored'; readonly checkpoint: number; readonly segments: number }
  | { readonly type: 'call'; readonly id: number; readonly call: Call };

/** What is answered with a `reply`. */
export type Call =
  | { readonly name: 'start' }
  | { readonly name: 'decide'; readonly payload: JournalPayload }
  | { readonly name: 'preview'; readonly document: unknown }
  | { readonly name: 'assertWatermark'; readonly stream: string; readonly time: number }
  | { readonly name: 'checkpoint'; readonly checkpoint: number; readonly kind: 'checkpoint' | 'savepoint' }
  | { readonly name: 'stats' }
  | { readonly name: 'openMatches'; readonly rule: string; readonly key: unknown };

/** What the engine knows of a running rule, with what its report needs of the document. */
export type EngineRuleStats = Omit<RuleStats, 'stalled'> & Pick<RuleDefinition, 'from' | 'onStall'>;

export interface EngineStats {
  readonly rules: readonly EngineRuleStats[];
  readonly streams: readonly Omit<StreamStatus, 'endOffset' | 'stalled'>[];
  readonly lists: readonly ListVersion[];
  /** Recovery has worked off all journal entries. */
  readonly recovering: boolean;
}

export type Reply = RuleChangeResult | number | EngineStats | readonly OpenMatchView[] | Record<string, number> | null;

/** Engine to main thread. Outputs come before the reply or progress that depends on them. */
export type FromEngine =
  | { readonly type: 'outputs'; readonly outputs: readonly Output[] }
  /** Of the checkpoint that is being made. */
  | { readonly type: 'segments'; readonly part: SegmentsPart }
  | {
      readonly type: 'progress';
      readonly stream: string;
      readonly partition: number;
      readonly bytes: number;
      readonly through: number;
    }
  /** All partitions (stream/partition) that are too far ahead of others; said when that changes. */
  | { readonly type: 'ahead'; readonly partitions: readonly string[] }
  | { readonly type: 'reply'; readonly id: number; readonly result?: Reply; readonly error?: string }
  | { readonly type: 'name'; readonly number: number; readonly name: string };
