/** Operators of functions without state or life cycle. */
import { AbstractStreamOperator, type OneInputStreamOperator, type TwoInputStreamOperator } from '../../operator/stream-operator.js';
import { aggregatingState, type AggregatingStateDescriptor, valueState } from '../../state/keyed/descriptors.js';
import type { AggregateFunction, ReduceFunction } from '../../state/keyed/keyed-state.js';
import type { Collector } from '../functions/functions.js';

type Apply<IN, OUT> = (value: IN, out: Collector<OUT>) => void;

/** map, filter and flatMap. */
export class FlatMapOperator<IN, OUT> extends AbstractStreamOperator<OUT> implements OneInputStreamOperator<IN, OUT> {
  #timestamp: number | undefined;
  readonly #out: Collector<OUT> = (value) => this.output.collect(value, this.#timestamp);

  constructor(private readonly apply: Apply<IN, OUT>) {
    super();
  }

  processElement(value: IN, timestamp: number | undefined): void {
    this.#timestamp = timestamp;
    this.apply(value, this.#out);
  }
}

/** The same of two streams. */
export class CoFlatMapOperator<IN1, IN2, OUT> extends AbstractStreamOperator<OUT> implements TwoInputStreamOperator<IN1, IN2, OUT> {
  #timestamp: number | undefined;
  readonly #out: Collector<OUT> = (value) => this.output.collect(value, this.#timestamp);

  constructor(
    private readonly apply1: Apply<IN1, OUT>,
    private readonly apply2: Apply<IN2, OUT>,
  ) {
    super();
  }

  processElement1(value: IN1, timestamp: number | undefined): void {
    this.#timestamp = timestamp;
    this.apply1(value, this.#out);
  }

  processElement2(value: IN2, timestamp: number | undefined): void {
    this.#timestamp = timestamp;
    this.apply2(value, this.#out);
  }
}

/** A rolling result for each element of a key: reduce, sum, min, max, minBy, maxBy. */
export class StreamGroupedReduceOperator<T> extends AbstractStreamOperator<T> implements OneInputStreamOperator<T, T> {
  readonly #state = valueState<T>('rolling');

  constructor(private readonly reduce: ReduceFunction<T>) {
    super();
  }

  processElement(value: T, timestamp: number | undefined, key?: unknown): void {
    this.keyedState.setCurrentKey(key);
    const state = this.keyedState.getState(this.#state);
    const current = state.value();
    const next = current === undefined ? value : this.reduce(current, value);
    state.update(next);
    this.output.collect(next, timestamp);
  }
}

/** The same of an aggregate, whose result may be of another type. */
export class StreamGroupedAggregateOperator<T, ACC, R> extends AbstractStreamOperator<R> implements OneInputStreamOperator<T, R> {
  readonly #state: AggregatingStateDescriptor<T, ACC, R>;

  constructor(aggregate: AggregateFunction<T, ACC, R>) {
    super();
    this.#state = aggregatingState('rolling', aggregate);
  }

  processElement(value: T, timestamp: number | undefined, key?: unknown): void {
    this.keyedState.setCurrentKey(key);
    const state = this.keyedState.getState(this.#state);
    state.add(value);
    this.output.collect(state.get() as R, timestamp);
  }
}
