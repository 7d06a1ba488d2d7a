/** What a checkpoint of a program holds beside its segments; written as one plain value behind a format version. */
import { BinaryReader, BinaryWriter } from '../../../engine/state/binary.js';
import type { StateMetaInfo } from '../../../engine/state/keyed/state-format.js';
import type { OperatorStateSnapshot } from '../../../engine/state/operator/operator-state.js';
import { plainSerializer } from '../../../engine/state/serializer/plain-serializer.js';
import type { SourceSplit } from '../../../engine/stream/functions/source.js';
import { type CheckpointKind, CheckpointStorageError } from '../../ports/checkpoint-storage.js';
import type { SnapshotLedger } from '../../task/snapshot.js';

const FORMAT = 1;

/** Of one subtask; its keyed state and timers stand in segments. */
export interface SubtaskMetadata {
  readonly keyedStates: readonly StateMetaInfo[];
  readonly operatorState: readonly OperatorStateSnapshot[];
  readonly watermark: number;
  /** What the records of its segments are of; empty when there are none. */
  readonly snapshotables: readonly string[];
  readonly ledger?: SnapshotLedger;
  /** Of a source. */
  readonly splits?: readonly SourceSplit[];
  /** Of a sink. */
  readonly writerState?: readonly unknown[];
}

/** What writers prepared for a checkpoint and may not have been committed. */
export interface PreparedCommittables {
  readonly checkpointId: number;
  readonly committables: readonly unknown[];
}

export interface OperatorMetadata {
  readonly uid: string;
  readonly name: string;
  readonly maxParallelism: number;
  /** By index: as many as its parallelism was. */
  readonly subtasks: readonly SubtaskMetadata[];
  readonly prepared: readonly PreparedCommittables[];
}

export interface CheckpointMetadata {
  readonly checkpointId: number;
  readonly kind: CheckpointKind;
  /** All input had been read: only what is prepared is left to be committed. */
  readonly isFinished: boolean;
  readonly operators: readonly OperatorMetadata[];
}

export function encodeMetadata(metadata: CheckpointMetadata): Uint8Array {
  const out = new BinaryWriter();
  out.uint(FORMAT);
  plainSerializer.write(metadata, out);
  return out.toBytes();
}

/** @throws CheckpointStorageError `checkpoint-newer` */
export function decodeMetadata(bytes: Uint8Array): CheckpointMetadata {
  const from = new BinaryReader(bytes);
  const format = from.uint();
  if (format > FORMAT)
    throw new CheckpointStorageError('checkpoint-newer', `the checkpoint has format ${format}; this release reads up to ${FORMAT}`);
  return plainSerializer.read(from, 1) as CheckpointMetadata;
}

/** Whether a program that goes on without this operator's state loses something. */
export function hasState({ subtasks, prepared }: OperatorMetadata): boolean {
  return (
    prepared.length > 0 ||
    subtasks.some(
      ({ keyedStates, operatorState, splits, writerState }) =>
        keyedStates.length + operatorState.length + (splits?.length ?? 0) + (writerState?.length ?? 0) > 0,
    )
  );
}

/** A segment begins with whose it is. */
export function withOwner(uid: string, subtask: number, records: Uint8Array): Uint8Array {
  const out = new BinaryWriter(records.length + uid.length * 2 + 16);
  out.text(uid);
  out.uint(subtask);
  out.raw(records);
  return out.toBytes();
}

/** @returns the owner and its records */
export function ownerOf(segment: Uint8Array): { readonly uid: string; readonly subtask: number; readonly records: Uint8Array } {
  const from = new BinaryReader(segment);
  return { uid: from.text(), subtask: from.uint(), records: from.rest() };
}
