/** Operators of process functions: each calls its function with the context of the element or timer. */
import {
  AbstractStreamOperator,
  type OneInputStreamOperator,
  type OperatorContext,
  type SnapshotContext,
  type TwoInputStreamOperator,
} from '../../operator/stream-operator.js';
import type { MapStateDescriptor } from '../../state/keyed/descriptors.js';
import type { InternalTimer, Namespace, TimeDomain, Triggerable } from '../../time/internal-timer-service.js';
import type {
  BroadcastProcessFunction,
  Collector,
  CoProcessFunction,
  KeyedBroadcastProcessFunction,
  KeyedProcessFunction,
  OnTimerContext,
  ProcessFunction,
  RichFunction,
  WritableBroadcastState,
} from '../functions/functions.js';
import { initializeFunction, snapshotFunction } from './checkpointed.js';
import { FunctionContext, OperatorRuntimeContext } from './function-contexts.js';

type OnTimer<OUT> = (time: number, context: OnTimerContext<unknown>, out: Collector<OUT>) => void;

/** Opens and closes the function, and fires its timers. */
abstract class FunctionOperator<OUT> extends AbstractStreamOperator<OUT> implements Triggerable<Namespace> {
  protected functionContext!: FunctionContext<unknown>;
  protected readonly out: Collector<OUT> = (value) => this.output.collect(value, this.functionContext.timestamp);

  constructor(
    private readonly userFunction: RichFunction,
    private readonly onTimer: OnTimer<OUT> = () => {},
  ) {
    super();
  }

  override open(context: OperatorContext<OUT>): void {
    super.open(context);
    this.functionContext = new FunctionContext(this.keyedState, this.timerService<Namespace>(this), context.output);
    const runtimeContext = new OperatorRuntimeContext(this.keyedState, context.subtask, context.parallelism);
    initializeFunction(this.userFunction, this.state, runtimeContext);
    this.userFunction.open(runtimeContext);
  }

  override snapshotState(context: SnapshotContext): void {
    snapshotFunction(this.userFunction, context);
  }

  override close(): void {
    this.userFunction.close();
  }

  onEventTime({ time }: InternalTimer): void {
    this.#fire(time, 'event', time);
  }

  /** A processing-time firing has no event time of its own. */
  onProcessingTime({ time }: InternalTimer): void {
    this.#fire(time, 'processing', undefined);
  }

  #fire(time: number, domain: TimeDomain, timestamp: number | undefined): void {
    this.functionContext.timestamp = timestamp;
    this.functionContext.timeDomain = domain;
    this.onTimer(time, this.functionContext, this.out);
  }

  /** The context of an element. */
  protected at(timestamp: number | undefined, key: unknown): FunctionContext<unknown> {
    if (key !== undefined) this.keyedState.setCurrentKey(key);
    this.functionContext.timestamp = timestamp;
    return this.functionContext;
  }
}

/** map, filter and flatMap by objects with a life cycle. */
export class RichFlatMapOperator<IN, OUT> extends FunctionOperator<OUT> implements OneInputStreamOperator<IN, OUT> {
  constructor(
    fn: RichFunction,
    private readonly apply: (value: IN, out: Collector<OUT>) => void,
  ) {
    super(fn);
  }

  processElement(value: IN, timestamp: number | undefined, key?: unknown): void {
    this.at(timestamp, key);
    this.apply(value, this.out);
  }
}

export class ProcessOperator<IN, OUT> extends FunctionOperator<OUT> implements OneInputStreamOperator<IN, OUT> {
  constructor(private readonly fn: ProcessFunction<IN, OUT>) {
    super(fn);
  }

  processElement(value: IN, timestamp: number | undefined): void {
    this.fn.processElement(value, this.at(timestamp, undefined), this.out);
  }
}

export class KeyedProcessOperator<K, IN, OUT> extends FunctionOperator<OUT> implements OneInputStreamOperator<IN, OUT> {
  constructor(private readonly fn: KeyedProcessFunction<K, IN, OUT>) {
    super(fn, (time, context, out) => fn.onTimer(time, context as OnTimerContext<K>, out));
  }

  processElement(value: IN, timestamp: number | undefined, key?: unknown): void {
    this.fn.processElement(value, this.at(timestamp, key) as FunctionContext<K>, this.out);
  }
}

export class CoProcessOperator<IN1, IN2, OUT> extends FunctionOperator<OUT> implements TwoInputStreamOperator<IN1, IN2, OUT> {
  constructor(private readonly fn: CoProcessFunction<IN1, IN2, OUT>) {
    super(fn, (time, context, out) => fn.onTimer(time, context, out));
  }

  processElement1(value: IN1, timestamp: number | undefined, key?: unknown): void {
    this.fn.processElement1(value, this.at(timestamp, key), this.out);
  }

  processElement2(value: IN2, timestamp: number | undefined, key?: unknown): void {
    this.fn.processElement2(value, this.at(timestamp, key), this.out);
  }
}

type AnyBroadcastFunction<K, IN, B, OUT, BK, BV> =
  | BroadcastProcessFunction<IN, B, OUT, BK, BV>
  | KeyedBroadcastProcessFunction<K, IN, B, OUT, BK, BV>;

/** A stream, keyed or not, beside a broadcast state. */
export class BroadcastProcessOperator<K, IN, B, OUT, BK, BV> extends FunctionOperator<OUT> implements TwoInputStreamOperator<IN, B, OUT> {
  #broadcast!: WritableBroadcastState<BK, BV>;

  constructor(
    private readonly fn: AnyBroadcastFunction<K, IN, B, OUT, BK, BV>,
    private readonly descriptor: MapStateDescriptor<BK, BV>,
  ) {
    super(fn, (time, context, out) => {
      if ('onTimer' in fn) fn.onTimer(time, context as OnTimerContext<K>, out);
    });
  }

  override open(context: OperatorContext<OUT>): void {
    super.open(context);
    this.#broadcast = this.state.operator.getBroadcastState(this.descriptor);
  }

  processElement1(value: IN, timestamp: number | undefined, key?: unknown): void {
    this.fn.processElement(value, this.at(timestamp, key) as FunctionContext<K>, this.#broadcast, this.out);
  }

  processElement2(value: B, timestamp: number | undefined): void {
    this.fn.processBroadcastElement(value, this.at(timestamp, undefined), this.#broadcast, this.out);
  }
}
