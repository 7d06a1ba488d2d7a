import type { OutputTag } from '../../operator/stream-operator.js';
import type { AggregateFunction, ReduceFunction } from '../../state/keyed/keyed-state.js';
import type { WindowAssigner } from '../../window/assigners/window-assigner.js';
import type { Evictor } from '../../window/evictors/evictor.js';
import type { Trigger } from '../../window/triggers/trigger.js';
import { aggregateContents, evictingContents, listContents, reduceContents, type WindowContents } from '../../window/window-contents.js';
import { WindowOperator } from '../../window/window-operator.js';
import type { Window } from '../../window/window.js';
import type { Collector } from '../functions/functions.js';
import type { AnyOneInput } from '../graph/stream-graph.js';
import { DataStream, type SingleOutputStream } from './data-stream.js';
import type { KeyedStream } from './keyed-stream.js';
import { addOneInput } from './ports.js';
import { folding, identity, type WindowFunctionFactory, windowFunctions } from './process-window-functions.js';
import { maxByOf, maxOf, minByOf, minOf, type NumericField, sumOf } from './rolling.js';

interface Settings<T, W extends Window> {
  readonly assigner: WindowAssigner<T, W>;
  readonly trigger?: Trigger<T, W>;
  readonly evictor?: Evictor<T, W>;
  readonly allowedLateness?: number;
  readonly lateDataTag?: OutputTag<T>;
}

/** A keyed stream cut into windows (Flink's WindowedStream). Immutable. */
export class WindowedStream<T, K, W extends Window> {
  constructor(
    private readonly stream: KeyedStream<T, K>,
    private readonly settings: Settings<T, W>,
  ) {}

  trigger(trigger: Trigger<T, W>): WindowedStream<T, K, W> {
    return new WindowedStream(this.stream, { ...this.settings, trigger });
  }

  evictor(evictor: Evictor<T, W>): WindowedStream<T, K, W> {
    return new WindowedStream(this.stream, { ...this.settings, evictor });
  }

  /** @param ms of event time after a window's end */
  allowedLateness(ms: number): WindowedStream<T, K, W> {
    return new WindowedStream(this.stream, { ...this.settings, allowedLateness: ms });
  }

  sideOutputLateData(lateDataTag: OutputTag<T>): WindowedStream<T, K, W> {
    return new WindowedStream(this.stream, { ...this.settings, lateDataTag });
  }

  /** Folded as elements come; `fn`, if given, sees the one result. */
  reduce(reduce: ReduceFunction<T>): SingleOutputStream<T>;
  reduce<R>(reduce: ReduceFunction<T>, fn: WindowFunctionFactory<T, R, K, W>): SingleOutputStream<R>;
  reduce<R>(reduce: ReduceFunction<T>, fn?: WindowFunctionFactory<T, R, K, W>): SingleOutputStream<R> {
    const { evictor } = this.settings;
    if (evictor === undefined) return this.#operate('window reduce', reduceContents<T, W>(reduce), fn);
    return this.#operate(
      'window reduce',
      evictingContents(evictor),
      folding((elements) => elements.reduce(reduce), fn),
    );
  }

  aggregate<ACC, A>(aggregate: AggregateFunction<T, ACC, A>): SingleOutputStream<A>;
  aggregate<ACC, A, R>(aggregate: AggregateFunction<T, ACC, A>, fn: WindowFunctionFactory<A, R, K, W>): SingleOutputStream<R>;
  aggregate<ACC, A, R>(aggregate: AggregateFunction<T, ACC, A>, fn?: WindowFunctionFactory<A, R, K, W>): SingleOutputStream<R> {
    const { evictor } = this.settings;
    if (evictor === undefined) return this.#operate('window aggregate', aggregateContents<T, ACC, A, W>(aggregate), fn);
    const fold = (elements: readonly T[]): A =>
      aggregate.getResult(elements.reduce((acc, element) => aggregate.add(element, acc), aggregate.createAccumulator()));
    return this.#operate('window aggregate', evictingContents(evictor), folding(fold, fn));
  }

  /** Every element is kept until the window is gone. */
  process<R>(fn: WindowFunctionFactory<readonly T[], R, K, W>): SingleOutputStream<R> {
    const { evictor } = this.settings;
    return this.#operate('window process', evictor === undefined ? listContents<T, W>() : evictingContents(evictor), fn);
  }

  /** As `process`, with a function. */
  apply<R>(fn: (key: K, window: W, elements: readonly T[], out: Collector<R>) => void): SingleOutputStream<R> {
    return this.process<R>({ process: (key, { window }, elements, out) => fn(key, window, elements, out) });
  }

  sum(field: NumericField<T>): SingleOutputStream<T> {
    return this.reduce(sumOf(field)).name('window sum');
  }

  min(field: NumericField<T>): SingleOutputStream<T> {
    return this.reduce(minOf(field)).name('window min');
  }

  max(field: NumericField<T>): SingleOutputStream<T> {
    return this.reduce(maxOf(field)).name('window max');
  }

  minBy(field: NumericField<T>): SingleOutputStream<T> {
    return this.reduce(minByOf(field)).name('window minBy');
  }

  maxBy(field: NumericField<T>): SingleOutputStream<T> {
    return this.reduce(maxByOf(field)).name('window maxBy');
  }

  #operate<C, R>(
    name: string,
    contents: WindowContents<T, C, W>,
    fn: WindowFunctionFactory<C, R, K, W> = identity(),
  ): SingleOutputStream<R> {
    const instance = windowFunctions(fn);
    const operator = (): AnyOneInput => new WindowOperator({ ...this.settings, contents, function: instance() });
    return DataStream.of<R>(this.stream.graph, addOneInput(this.stream, name, operator));
  }
}
