/** What functions see of the operator that calls them. */
import type { Output, OutputTag } from '../../operator/stream-operator.js';
import type {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from '../../state/keyed/descriptors.js';
import type { KeyedStateBackend } from '../../state/keyed/keyed-state-backend.js';
import type { AggregatingState, ListState, MapState, ReducingState, ValueState } from '../../state/keyed/keyed-state.js';
import { type InternalTimerService, type TimeDomain, VOID_NAMESPACE } from '../../time/internal-timer-service.js';
import type { OnTimerContext, RuntimeContext, TimerService } from '../functions/functions.js';

export class OperatorRuntimeContext implements RuntimeContext {
  constructor(
    private readonly state: KeyedStateBackend,
    readonly subtask: number,
    readonly parallelism: number,
  ) {}

  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T> {
    return this.state.getState(descriptor);
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.state.getState(descriptor);
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.state.getState(descriptor);
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    return this.state.getState(descriptor);
  }

  getAggregatingState<IN, ACC, OUT>(descriptor: AggregatingStateDescriptor<IN, ACC, OUT>): AggregatingState<IN, OUT> {
    return this.state.getState(descriptor);
  }
}

/** One object for all calls of an operator; the operator sets what changes from call to call. */
export class FunctionContext<K> implements OnTimerContext<K> {
  timestamp: number | undefined;
  timeDomain: TimeDomain = 'event';
  readonly #timerService: TimerService;

  constructor(
    private readonly state: KeyedStateBackend,
    private readonly timers: InternalTimerService,
    private readonly out: Output<unknown>,
  ) {
    this.#timerService = timerServiceOf(timers);
  }

  get key(): K {
    return this.state.currentKey as K;
  }

  timerService(): TimerService {
    return this.#timerService;
  }

  currentWatermark(): number {
    return this.timers.currentWatermark;
  }

  currentProcessingTime(): number {
    return this.timers.currentProcessingTime();
  }

  output<X>(tag: OutputTag<X>, value: X): void {
    this.out.collectSide(tag, value, this.timestamp);
  }
}

function timerServiceOf(timers: InternalTimerService): TimerService {
  return {
    currentWatermark: () => timers.currentWatermark,
    currentProcessingTime: () => timers.currentProcessingTime(),
    registerEventTimeTimer: (time) => timers.registerEventTimeTimer(VOID_NAMESPACE, time),
    registerProcessingTimeTimer: (time) => timers.registerProcessingTimeTimer(VOID_NAMESPACE, time),
    deleteEventTimeTimer: (time) => timers.deleteEventTimeTimer(VOID_NAMESPACE, time),
    deleteProcessingTimeTimer: (time) => timers.deleteProcessingTimeTimer(VOID_NAMESPACE, time),
  };
}
