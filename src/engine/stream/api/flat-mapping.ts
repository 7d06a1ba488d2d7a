/** map, filter and flatMap, by a function or by an object with a life cycle and state. */
import { type FilterFunction, type FlatMapFunction, type MapFunction, RichFunction } from '../functions/functions.js';
import type { RichFilterFunction, RichFlatMapFunction, RichMapFunction } from '../functions/rich-functions.js';
import type { AnyOneInput, StreamGraph } from '../graph/stream-graph.js';
import { RichFlatMapOperator } from '../operators/process-operators.js';
import { FlatMapOperator } from '../operators/simple-operators.js';
import { instancesOf } from './ports.js';

/** An instance serves one subtask; of a class each subtask has an instance. */
export type Rich<F extends RichFunction> = F | (new () => F);

type Apply<F, T, R> = (fn: F) => FlatMapFunction<T, R>;

export function mapping<T, R>(graph: StreamGraph, fn: MapFunction<T, R> | Rich<RichMapFunction<T, R>>): () => AnyOneInput {
  if (isRich(fn)) return richly<RichMapFunction<T, R>, T, R>(graph, fn, (rich) => (value, out) => out(rich.map(value)));
  return () => new FlatMapOperator<T, R>((value, out) => out(fn(value)));
}

export function filtering<T>(graph: StreamGraph, fn: FilterFunction<T> | Rich<RichFilterFunction<T>>): () => AnyOneInput {
  if (isRich(fn)) return richly<RichFilterFunction<T>, T, T>(graph, fn, (rich) => (value, out) => void (rich.filter(value) && out(value)));
  return () => new FlatMapOperator<T, T>((value, out) => void (fn(value) && out(value)));
}

export function flatMapping<T, R>(graph: StreamGraph, fn: FlatMapFunction<T, R> | Rich<RichFlatMapFunction<T, R>>): () => AnyOneInput {
  if (isRich(fn)) return richly<RichFlatMapFunction<T, R>, T, R>(graph, fn, (rich) => (value, out) => rich.flatMap(value, out));
  return () => new FlatMapOperator<T, R>(fn);
}

function richly<F extends RichFunction, T, R>(graph: StreamGraph, fn: Rich<F>, apply: Apply<F, T, R>): () => AnyOneInput {
  const instance = instancesOf<F>(graph, typeof fn === 'function' ? () => new fn() : fn);
  return () => {
    const rich = instance();
    return new RichFlatMapOperator<T, R>(rich, apply(rich));
  };
}

function isRich<F extends RichFunction>(fn: Rich<F> | ((...args: never[]) => unknown)): fn is Rich<F> {
  return fn instanceof RichFunction || fn.prototype instanceof RichFunction;
}
