/** State of a subtask and not of a key (Flink's OperatorStateStore): lists that are dealt out anew when the parallelism changes. */
import type { TypeSerializer } from '../serializer/type-serializer.js';
import type { ListStateDescriptor, MapStateDescriptor } from '../keyed/descriptors.js';
import type { ListState } from '../keyed/keyed-state.js';

/** The broadcast state: the same in every subtask. */
export interface BroadcastState<BK, BV> {
  get(key: BK): BV | undefined;
  has(key: BK): boolean;
  entries(): Iterable<readonly [BK, BV]>;
}

export interface WritableBroadcastState<BK, BV> extends BroadcastState<BK, BV> {
  put(key: BK, value: BV): void;
  remove(key: BK): void;
}

export interface OperatorStateStore {
  /** Each element belongs to one subtask: with another parallelism the elements of all are split evenly. */
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  /** After a restore every subtask has the elements of all. */
  getUnionListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  /** Must be kept the same by every subtask; a new subtask gets a copy. */
  getBroadcastState<BK, BV>(descriptor: MapStateDescriptor<BK, BV>): WritableBroadcastState<BK, BV>;
}

/** How a state's elements are dealt out over another parallelism (Flink's OperatorStateHandle.Mode). */
export type DistributionMode = 'SPLIT_DISTRIBUTE' | 'UNION' | 'BROADCAST';

/** A state of one subtask in a checkpoint; plain, but for the bytes of its elements. */
export interface OperatorStateSnapshot {
  readonly name: string;
  readonly mode: DistributionMode;
  readonly serializer: Pick<TypeSerializer<unknown>, 'name' | 'version'>;
  readonly elements: readonly Uint8Array[];
}
