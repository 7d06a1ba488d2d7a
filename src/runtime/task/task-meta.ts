import type { ListVersion } from '../../engine/expr/index.js';
import type { OnStall } from '../../engine/rule/definition.js';
import type { ReleasePoint } from '../release/release-order.js';
import type { SnapshotLedger } from './snapshot.js';

/** 1 kept the state of each rule apart. */
export const META_FORMAT = 2;

/** The part of a checkpoint that is not keyed state, as JSON. null stands for -Infinity. */
export interface TaskMeta {
  /** Another one is of a release that kept state in another way and cannot be read. */
  readonly format: typeof META_FORMAT;
  readonly journalSequence: number;
  readonly partitions: readonly PartitionMeta[];
  readonly buffers: readonly BufferMeta[];
  readonly rules: readonly RuleMeta[];
  /** The number that the next rule gets. */
  readonly nextRuleNumber: number;
  readonly streams: readonly { readonly name: string; readonly version: number }[];
  /** Reference lists; absent in checkpoints from before there were any. */
  readonly lists?: readonly ListVersion[];
  readonly poison: readonly { readonly rule: string; readonly stream: string; readonly partition: number; readonly offset: number }[];
  /** Absent in checkpoints from before there were any. */
  readonly poisonDeadlines?: readonly { readonly rule: string; readonly time: number }[];
  readonly ledger: SnapshotLedger;
}

export interface PartitionMeta {
  readonly stream: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly maxTime: number | null;
  readonly floor: number | null;
  readonly idle: boolean;
  readonly events: number;
  readonly late: number;
  readonly duplicates: number;
  /** Recovery reads again from here: the oldest unreleased event. */
  readonly reread: number;
  readonly skipped: readonly number[];
  readonly stalled: boolean;
  readonly stallFloor: number | null;
  readonly skippedByContinuing: readonly number[];
}

export interface BufferMeta {
  readonly streams: readonly string[];
  readonly onStall: OnStall;
  readonly startOffsets: Readonly<Record<string, number>>;
  readonly frontier: { readonly [K in keyof ReleasePoint]: number | null };
  readonly watermark: number | null;
}

export interface RuleMeta {
  readonly rule: string;
  readonly version: number;
  /** Names the rule's states in the keys of its operator. */
  readonly number: number;
  readonly status: 'active' | 'shadow' | 'paused';
  readonly counters: Readonly<Record<string, number | string | null>>;
}

export const toMeta = (time: number): number | null => (time === -Infinity ? null : time);
export const fromMeta = (time: number | null): number => time ?? -Infinity;
