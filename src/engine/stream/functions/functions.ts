/** The functions of a program (Flink's names). Those that are classes have a life cycle, state and timers. */
import type { OutputTag, SnapshotContext } from '../../operator/stream-operator.js';
import type {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from '../../state/keyed/descriptors.js';
import type { AggregatingState, ListState, MapState, ReducingState, ValueState } from '../../state/keyed/keyed-state.js';
import type { BroadcastState, OperatorStateStore, WritableBroadcastState } from '../../state/operator/operator-state.js';
import type { TimeDomain } from '../../time/internal-timer-service.js';

export type { BroadcastState, OperatorStateStore, WritableBroadcastState };

export type MapFunction<T, R> = (value: T) => R;
export type FilterFunction<T> = (value: T) => boolean;
export type FlatMapFunction<T, R> = (value: T, out: Collector<R>) => void;
export type KeySelector<T, K> = (value: T) => K;

export type Collector<T> = (value: T) => void;

/** Where a function runs, and the state of the current key; made once, in `open`. */
export interface RuntimeContext {
  readonly subtask: number;
  readonly parallelism: number;
  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T>;
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V>;
  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T>;
  getAggregatingState<IN, ACC, OUT>(descriptor: AggregatingStateDescriptor<IN, ACC, OUT>): AggregatingState<IN, OUT>;
}

/** State by descriptor, of the current key (Flink's KeyedStateStore). */
export type KeyedStateStore = Pick<
  RuntimeContext,
  'getState' | 'getListState' | 'getMapState' | 'getReducingState' | 'getAggregatingState'
>;

export type FunctionSnapshotContext = SnapshotContext;

export interface FunctionInitializationContext {
  /** The program goes on from a checkpoint. */
  readonly isRestored: boolean;
  readonly restoredCheckpointId?: number;
  readonly operatorStateStore: OperatorStateStore;
  readonly keyedStateStore: KeyedStateStore;
}

/** What a function adds that keeps state of its subtask, beside that of keys (Flink's interface of this name). */
export interface CheckpointedFunction {
  /** At a checkpoint: what is held in fields is put into state. */
  snapshotState(context: FunctionSnapshotContext): void;
  /** Before `open`: state is asked for, and fields are filled from it. */
  initializeState(context: FunctionInitializationContext): void;
}

/** Opened before the first element, closed after the last. */
export abstract class RichFunction {
  open(_context: RuntimeContext): void {}
  close(): void {}
}

/** Times are epoch ms. */
export interface TimerService {
  currentWatermark(): number;
  currentProcessingTime(): number;
  registerEventTimeTimer(time: number): void;
  registerProcessingTimeTimer(time: number): void;
  deleteEventTimeTimer(time: number): void;
  deleteProcessingTimeTimer(time: number): void;
}

/** The element that is processed; undefined times are those of elements without one. */
export interface ProcessContext {
  readonly timestamp: number | undefined;
  currentWatermark(): number;
  currentProcessingTime(): number;
  output<X>(tag: OutputTag<X>, value: X): void;
}

export interface KeyedContext<K> extends ProcessContext {
  readonly key: K;
  timerService(): TimerService;
}

export interface OnTimerContext<K> extends KeyedContext<K> {
  readonly timeDomain: TimeDomain;
}

export abstract class ProcessFunction<IN, OUT> extends RichFunction {
  abstract processElement(value: IN, context: ProcessContext, out: Collector<OUT>): void;
}

export abstract class KeyedProcessFunction<K, IN, OUT> extends RichFunction {
  abstract processElement(value: IN, context: KeyedContext<K>, out: Collector<OUT>): void;
  onTimer(_time: number, _context: OnTimerContext<K>, _out: Collector<OUT>): void {}
}

/** Two streams in one function; keyed when both streams are keyed. */
export abstract class CoProcessFunction<IN1, IN2, OUT, K = unknown> extends RichFunction {
  abstract processElement1(value: IN1, context: KeyedContext<K>, out: Collector<OUT>): void;
  abstract processElement2(value: IN2, context: KeyedContext<K>, out: Collector<OUT>): void;
  onTimer(_time: number, _context: OnTimerContext<K>, _out: Collector<OUT>): void {}
}

export abstract class BroadcastProcessFunction<IN, B, OUT, BK, BV> extends RichFunction {
  abstract processElement(value: IN, context: ProcessContext, broadcast: BroadcastState<BK, BV>, out: Collector<OUT>): void;
  abstract processBroadcastElement(value: B, context: ProcessContext, broadcast: WritableBroadcastState<BK, BV>, out: Collector<OUT>): void;
}

export abstract class KeyedBroadcastProcessFunction<K, IN, B, OUT, BK, BV> extends RichFunction {
  abstract processElement(value: IN, context: KeyedContext<K>, broadcast: BroadcastState<BK, BV>, out: Collector<OUT>): void;
  abstract processBroadcastElement(value: B, context: ProcessContext, broadcast: WritableBroadcastState<BK, BV>, out: Collector<OUT>): void;
  onTimer(_time: number, _context: OnTimerContext<K>, _out: Collector<OUT>): void {}
}

/** A function, or what makes one for each subtask. */
export type FunctionFactory<F extends RichFunction> = F | (() => F);
