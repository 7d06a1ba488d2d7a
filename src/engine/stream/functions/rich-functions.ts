/** The simple functions with a life cycle, and with state when their stream is keyed (Flink's names). */
import { type Collector, RichFunction } from './functions.js';

export abstract class RichMapFunction<T, R> extends RichFunction {
  abstract map(value: T): R;
}

export abstract class RichFilterFunction<T> extends RichFunction {
  abstract filter(value: T): boolean;
}

export abstract class RichFlatMapFunction<T, R> extends RichFunction {
  abstract flatMap(value: T, out: Collector<R>): void;
}
