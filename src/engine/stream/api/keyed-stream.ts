import type { AggregateFunction, ReduceFunction } from '../../state/keyed/keyed-state.js';
import { GlobalWindows } from '../../window/assigners/global-windows.js';
import type { WindowAssigner } from '../../window/assigners/window-assigner.js';
import { CountEvictor } from '../../window/evictors/evictor.js';
import { CountTrigger } from '../../window/triggers/count-trigger.js';
import { PurgingTrigger } from '../../window/triggers/purging-trigger.js';
import type { GlobalWindow, Window } from '../../window/window.js';
import type { FilterFunction, FlatMapFunction, FunctionFactory, KeyedProcessFunction, MapFunction } from '../functions/functions.js';
import type { RichFilterFunction, RichFlatMapFunction, RichMapFunction } from '../functions/rich-functions.js';
import type { StreamGraph } from '../graph/stream-graph.js';
import { KeyedProcessOperator } from '../operators/process-operators.js';
import { StreamGroupedAggregateOperator, StreamGroupedReduceOperator } from '../operators/simple-operators.js';
import { BroadcastStream, ConnectedStreams, KeyedBroadcastConnectedStream } from './connected-streams.js';
import { DataStream, type SingleOutputStream } from './data-stream.js';
import { filtering, flatMapping, mapping, type Rich } from './flat-mapping.js';
import { addOneInput, instancesOf, type Port, type StreamSource } from './ports.js';
import { IntervalJoin } from './interval-join.js';
import { maxByOf, maxOf, minByOf, minOf, type NumericField, sumOf } from './rolling.js';
import { WindowedStream } from './windowed-stream.js';

/** A stream whose elements of one key are worked on together (Flink's KeyedStream). */
export class KeyedStream<T, K> implements StreamSource {
  constructor(
    readonly graph: StreamGraph,
    readonly ports: readonly Port[],
    readonly key: (value: unknown) => K,
    /** Of operators on it; absent: the program's. */
    readonly parallelism?: number,
  ) {}

  map<R>(fn: MapFunction<T, R>): SingleOutputStream<R>;
  map<R>(fn: Rich<RichMapFunction<T, R>>): SingleOutputStream<R>;
  map<R>(fn: MapFunction<T, R> | Rich<RichMapFunction<T, R>>): SingleOutputStream<R> {
    return this.#transform('map', mapping(this.graph, fn));
  }

  filter(fn: FilterFunction<T> | Rich<RichFilterFunction<T>>): SingleOutputStream<T> {
    return this.#transform('filter', filtering(this.graph, fn));
  }

  flatMap<R>(fn: FlatMapFunction<T, R>): SingleOutputStream<R>;
  flatMap<R>(fn: Rich<RichFlatMapFunction<T, R>>): SingleOutputStream<R>;
  flatMap<R>(fn: FlatMapFunction<T, R> | Rich<RichFlatMapFunction<T, R>>): SingleOutputStream<R> {
    return this.#transform('flatMap', flatMapping(this.graph, fn));
  }

  /** A result for each element: what all so far come to. */
  reduce(fn: ReduceFunction<T>): SingleOutputStream<T> {
    return this.#transform('reduce', () => new StreamGroupedReduceOperator(fn));
  }

  /** A result for each element, of an aggregate over all so far. */
  aggregate<ACC, R>(fn: AggregateFunction<T, ACC, R>): SingleOutputStream<R> {
    return this.#transform('aggregate', () => new StreamGroupedAggregateOperator(fn));
  }

  sum(field: NumericField<T>): SingleOutputStream<T> {
    return this.reduce(sumOf(field)).name('sum');
  }

  min(field: NumericField<T>): SingleOutputStream<T> {
    return this.reduce(minOf(field)).name('min');
  }

  max(field: NumericField<T>): SingleOutputStream<T> {
    return this.reduce(maxOf(field)).name('max');
  }

  minBy(field: NumericField<T>): SingleOutputStream<T> {
    return this.reduce(minByOf(field)).name('minBy');
  }

  maxBy(field: NumericField<T>): SingleOutputStream<T> {
    return this.reduce(maxByOf(field)).name('maxBy');
  }

  process<R>(fn: FunctionFactory<KeyedProcessFunction<K, T, R>>): SingleOutputStream<R> {
    const instance = instancesOf(this.graph, fn);
    return this.#transform('process', () => new KeyedProcessOperator(instance()));
  }

  window<W extends Window>(assigner: WindowAssigner<T, W>): WindowedStream<T, K, W> {
    return new WindowedStream(this, { assigner });
  }

  /** Every `size` elements of a key; with `slide`, every `slide` its last `size`. */
  countWindow(size: number, slide?: number): WindowedStream<T, K, GlobalWindow> {
    const windows = this.window(GlobalWindows.create());
    if (slide === undefined) return windows.trigger(PurgingTrigger.of(CountTrigger.of(size)));
    return windows.trigger(CountTrigger.of(slide)).evictor(CountEvictor.of(size));
  }

  connect<B, BK, BV>(other: BroadcastStream<B, BK, BV>): KeyedBroadcastConnectedStream<T, K, B, BK, BV>;
  connect<U>(other: DataStream<U> | KeyedStream<U, K>): ConnectedStreams<T, U, K>;
  connect<U>(other: DataStream<U> | KeyedStream<U, K> | BroadcastStream<U, unknown, unknown>): unknown {
    if (other instanceof BroadcastStream) return new KeyedBroadcastConnectedStream(this, other);
    return new ConnectedStreams<T, U, K>(this, other);
  }

  /** Pairs of elements of one key whose times are not too far apart. */
  intervalJoin<U>(other: KeyedStream<U, K>): { between(lower: number, upper: number): IntervalJoin<T, U, K> } {
    return { between: (lower, upper) => new IntervalJoin<T, U, K>(this, other, { lower, upper }) };
  }

  #transform<R>(name: string, operator: Parameters<typeof addOneInput>[2]): SingleOutputStream<R> {
    return DataStream.of<R>(this.graph, addOneInput(this, name, operator));
  }
}
