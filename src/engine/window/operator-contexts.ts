/** What triggers and window functions see of the operator that calls them. */
import type { Output, OutputTag } from '../operator/stream-operator.js';
import type {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  StateDescriptor,
  ValueStateDescriptor,
} from '../state/keyed/descriptors.js';
import type { KeyedStateBackend } from '../state/keyed/keyed-state-backend.js';
import type { AggregatingState, ListState, MapState, ReducingState, ValueState } from '../state/keyed/keyed-state.js';
import type { InternalTimerService } from '../time/internal-timer-service.js';
import type { OnMergeContext } from './triggers/trigger.js';
import type { KeyedStateStore, WindowContext } from './window-functions.js';
import type { Window } from './window.js';

/** One object for all calls of an operator, moved from window to window. */
export class WindowTriggerContext<W extends Window> implements OnMergeContext {
  #window!: W;
  #merged: readonly W[] = [];

  constructor(
    private readonly state: KeyedStateBackend,
    private readonly timers: InternalTimerService<W>,
  ) {}

  at(window: W, merged: readonly W[] = []): this {
    this.#window = window;
    this.#merged = merged;
    return this;
  }

  get currentWatermark(): number {
    return this.timers.currentWatermark;
  }

  currentProcessingTime(): number {
    return this.timers.currentProcessingTime();
  }

  registerEventTimeTimer(time: number): void {
    this.timers.registerEventTimeTimer(this.#window, time);
  }

  registerProcessingTimeTimer(time: number): void {
    this.timers.registerProcessingTimeTimer(this.#window, time);
  }

  deleteEventTimeTimer(time: number): void {
    this.timers.deleteEventTimeTimer(this.#window, time);
  }

  deleteProcessingTimeTimer(time: number): void {
    this.timers.deleteProcessingTimeTimer(this.#window, time);
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    return this.state.getState(descriptor, this.#window.id);
  }

  getValueState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T> {
    return this.state.getState(descriptor, this.#window.id);
  }

  mergePartitionedState<T>(descriptor: ReducingStateDescriptor<T>): void {
    this.state.mergeNamespaces(
      descriptor,
      this.#window.id,
      this.#merged.map(({ id }) => id),
    );
  }
}

/** Prefixed names keep a function's states apart from those of the operator and its trigger. */
class FunctionStates implements KeyedStateStore {
  constructor(
    private readonly state: KeyedStateBackend,
    private readonly prefix: string,
    private readonly namespace: string,
  ) {}

  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T> {
    return this.#get(descriptor) as ValueState<T>;
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.#get(descriptor) as ListState<T>;
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.#get(descriptor) as MapState<K, V>;
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    return this.#get(descriptor) as ReducingState<T>;
  }

  getAggregatingState<IN, ACC, OUT>(descriptor: AggregatingStateDescriptor<IN, ACC, OUT>): AggregatingState<IN, OUT> {
    return this.#get(descriptor) as AggregatingState<IN, OUT>;
  }

  #get<D extends Pick<StateDescriptor, 'name' | 'kind'>>(descriptor: D): unknown {
    return this.state.getState({ ...descriptor, name: `${this.prefix}${descriptor.name}` }, this.namespace);
  }
}

export class FunctionContext<W extends Window> implements WindowContext<W> {
  constructor(
    readonly window: W,
    private readonly state: KeyedStateBackend,
    private readonly timers: InternalTimerService<W>,
    private readonly out: Output<unknown>,
  ) {}

  get currentWatermark(): number {
    return this.timers.currentWatermark;
  }

  currentProcessingTime(): number {
    return this.timers.currentProcessingTime();
  }

  get windowState(): KeyedStateStore {
    return new FunctionStates(this.state, 'window/', this.window.id);
  }

  get globalState(): KeyedStateStore {
    return new FunctionStates(this.state, 'global/', '');
  }

  output<X>(tag: OutputTag<X>, value: X): void {
    this.out.collectSide(tag, value, this.window.maxTimestamp);
  }
}
