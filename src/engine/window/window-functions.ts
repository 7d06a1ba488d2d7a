import type { AggregatingState, ListState, MapState, ReducingState, ValueState } from '../state/keyed/keyed-state.js';
import type {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from '../state/keyed/descriptors.js';
import type { OperatorContext, OutputTag } from '../operator/stream-operator.js';
import type { KeyedStateBackend } from '../state/keyed/keyed-state-backend.js';
import type { Window } from './window.js';

/** Keyed state by descriptor: of the key, or of the key and window. */
export interface KeyedStateStore {
  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T>;
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V>;
  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T>;
  getAggregatingState<IN, ACC, OUT>(descriptor: AggregatingStateDescriptor<IN, ACC, OUT>): AggregatingState<IN, OUT>;
}

/** The firing that a window function works on. */
export interface WindowContext<W extends Window> {
  readonly window: W;
  readonly currentWatermark: number;
  currentProcessingTime(): number;
  /** State of this key and window; give it back in `clear`. */
  readonly windowState: KeyedStateStore;
  /** State of this key, over all windows. */
  readonly globalState: KeyedStateStore;
  output<X>(tag: OutputTag<X>, value: X): void;
}

/** Works on a window's contents when it fires (Flink's ProcessWindowFunction). */
export interface WindowFunction<CONTENTS, OUT, W extends Window> {
  /** Before the first event, with the state of keys. */
  open?(context: OperatorContext<OUT>, state: KeyedStateBackend): void;
  process(key: unknown, context: WindowContext<W>, contents: CONTENTS, out: (value: OUT) => void): void;
  /** The window is gone: clear what `process` put into `windowState`. */
  clear?(context: WindowContext<W>): void;
  close?(): void;
}
