import { DataStream, type SingleOutputStream } from '../api/data-stream.js';
import type { AsyncFunction, AsyncRetryStrategy } from './async-function.js';
import { AsyncWaitOperator } from './async-wait-operator.js';

export interface AsyncOptions<OUT> {
  /** For an element, all its attempts together, ms; 0: none. */
  readonly timeout: number;
  /** Elements of a subtask that are asked about at once; 100 unless said otherwise. */
  readonly capacity?: number;
  readonly retryStrategy?: AsyncRetryStrategy<OUT>;
}

/** An object serves one subtask; a function makes one for each. */
export type AsyncFunctionFactory<IN, OUT> = AsyncFunction<IN, OUT> | (() => AsyncFunction<IN, OUT>);

const DEFAULT_CAPACITY = 100;

/** Elements enriched by what is asked of a database or a service, many at once (Flink's AsyncDataStream). */
export const AsyncDataStream = {
  /** Results in the order of the elements. */
  orderedWait<IN, OUT>(stream: DataStream<IN>, fn: AsyncFunctionFactory<IN, OUT>, options: AsyncOptions<OUT>): SingleOutputStream<OUT> {
    return wait(stream, 'async ordered wait', fn, options, true);
  },

  /** Results as they come, each on its own side of every watermark. */
  unorderedWait<IN, OUT>(stream: DataStream<IN>, fn: AsyncFunctionFactory<IN, OUT>, options: AsyncOptions<OUT>): SingleOutputStream<OUT> {
    return wait(stream, 'async unordered wait', fn, options, false);
  },
};

function wait<IN, OUT>(
  stream: DataStream<IN>,
  name: string,
  fn: AsyncFunctionFactory<IN, OUT>,
  { timeout, capacity = DEFAULT_CAPACITY, retryStrategy }: AsyncOptions<OUT>,
  ordered: boolean,
): SingleOutputStream<OUT> {
  const instance = typeof fn === 'function' ? fn : () => fn;
  return stream.transform<OUT>(name, () => new AsyncWaitOperator(instance(), { ordered, timeout, capacity, retryStrategy }));
}
