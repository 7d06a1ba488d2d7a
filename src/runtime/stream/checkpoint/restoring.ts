/** Puts the state of a checkpoint into the subtasks of a program, whose parallelism may be another. */
import type { RestoredState, SubtaskState } from '../../../engine/operator/subtask-state.js';
import type { BinaryReader } from '../../../engine/state/binary.js';
import { computeOperatorIndexForKeyGroup } from '../../../engine/state/key-group-range-assignment.js';
import { keyGroupOfId } from '../../../engine/state/keyed/keyed-state-backend.js';
import { parseRecordKey } from '../../../engine/state/keyed/record-key.js';
import type { StateMetaInfo } from '../../../engine/state/keyed/state-format.js';
import type { Snapshotable } from '../../../engine/state/keyed-state.js';
import { redistribute } from '../../../engine/state/operator/redistribute.js';
import { StateMigrationError } from '../../../engine/state/serializer/type-serializer.js';
import type { StreamGraph, StreamNode } from '../../../engine/stream/graph/stream-graph.js';
import { MAX_WATERMARK, MIN_WATERMARK } from '../../../engine/time/watermark.js';
import { SnapshotReader } from '../../task/snapshot.js';
import { type CheckpointMetadata, hasState, type OperatorMetadata, ownerOf } from './metadata.js';

/** How the operator is named in checkpoints: by its uid, else by its place and name in the program. */
export function uidOf({ uid, id, name }: StreamNode): string {
  return uid ?? `${id}:${name}`;
}

export function maxParallelismOf(node: StreamNode, graph: StreamGraph): number {
  return node.maxParallelism ?? graph.maxParallelism;
}

/** @throws StateMigrationError when the checkpoint has state of an operator that the program does not have, unless that is allowed */
export function checkMapped({ operators }: CheckpointMetadata, graph: StreamGraph, allowNonRestoredState: boolean): void {
  const uids = new Set(graph.nodes.map(uidOf));
  const lost = operators.filter((operator) => !uids.has(operator.uid) && hasState(operator));
  if (lost.length === 0 || allowNonRestoredState) return;
  const names = lost.map(({ uid, name }) => `"${name}" (uid ${uid})`).join(', ');
  throw new StateMigrationError(
    `the checkpoint has state of ${names}, which the program does not have: give the operator its uid again, or allow non-restored state to go on without`,
  );
}

/** @throws StateMigrationError when keys would fall into other groups */
export function restoredStates(
  operator: OperatorMetadata,
  checkpointId: number,
  node: StreamNode,
  maxParallelism: number,
): RestoredState[] {
  const { subtasks } = operator;
  const keyedStates = [...new Map(subtasks.flatMap(({ keyedStates }) => keyedStates.map((meta) => [meta.name, meta] as const))).values()];
  if (keyedStates.length > 0 && operator.maxParallelism !== maxParallelism)
    throw new StateMigrationError(
      `operator "${operator.name}" has maximum parallelism ${operator.maxParallelism} in the checkpoint, and ${maxParallelism} in the program`,
    );
  const operatorStates = redistribute(
    subtasks.map(({ operatorState }) => operatorState),
    node.parallelism,
  );
  const watermark = restoredWatermark(operator);
  return operatorStates.map((operatorState) => ({ checkpointId, keyedStates: keyedStates as StateMetaInfo[], operatorState, watermark }));
}

/** The lowest. One above all times is that of a program that was drained: who goes on from there has new input. */
function restoredWatermark({ subtasks }: OperatorMetadata): number {
  const lowest = Math.min(...subtasks.map(({ watermark }) => watermark));
  return lowest === MAX_WATERMARK ? MIN_WATERMARK : lowest;
}

/** Where the records of one operator's segments go. */
export class OperatorRestore {
  readonly #reader: SnapshotReader;
  /** Who wrote the records that are read. */
  #writer = 0;

  constructor({ subtasks }: OperatorMetadata, states: readonly SubtaskState[], maxParallelism: number) {
    const ids = new Set(subtasks.flatMap(({ snapshotables }) => snapshotables));
    // A subtask that writes its groups in full resets all, also those that it does not have.
    const isWriters = (group: number): boolean => computeOperatorIndexForKeyGroup(maxParallelism, subtasks.length, group) === this.#writer;
    const routed = [...ids].map((id) => {
      const targets = states.map((state) => state.snapshotable(id));
      return [id, { state: new RoutedState(targets, maxParallelism, isWriters) }] as const;
    });
    this.#reader = new SnapshotReader(new Map(routed));
  }

  /** @param subtask which wrote them */
  apply(subtask: number, records: Uint8Array): void {
    this.#writer = subtask;
    this.#reader.apply(records);
  }
}

/** @param operators by uid; segments of others are passed over */
export async function applySegments(
  segments: AsyncIterable<Uint8Array>,
  operators: ReadonlyMap<string, OperatorRestore>,
  settle: () => Promise<void>,
): Promise<void> {
  for await (const segment of segments) {
    const { uid, subtask, records } = ownerOf(segment);
    operators.get(uid)?.apply(subtask, records);
    await settle();
  }
}

/** Gives each record to the subtask whose key group it is of. */
class RoutedState implements Pick<Snapshotable, 'restore' | 'discard' | 'discardGroup'> {
  constructor(
    private readonly subtasks: readonly Snapshotable[],
    private readonly maxParallelism: number,
    private readonly isWriters: (group: number) => boolean,
  ) {}

  restore(key: string, from: BinaryReader): void {
    this.#of(key).restore(key, from);
  }

  discard(key: string): void {
    this.#of(key).discard(key);
  }

  discardGroup(group: number): void {
    if (this.isWriters(group)) this.#ofGroup(group).discardGroup(group);
  }

  #of(key: string): Snapshotable {
    return this.#ofGroup(keyGroupOfId(parseRecordKey(key).keyId, this.maxParallelism));
  }

  #ofGroup(group: number): Snapshotable {
    return this.subtasks[computeOperatorIndexForKeyGroup(this.maxParallelism, this.subtasks.length, group)];
  }
}
