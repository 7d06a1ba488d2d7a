/** Keyed state as functions see it: always that of the current key (Flink's State interfaces). */

export interface State {
  clear(): void;
}

export interface ValueState<T> extends State {
  /** Undefined when there is none. */
  value(): T | undefined;
  update(value: T): void;
}

export interface ListState<T> extends State {
  get(): readonly T[];
  add(value: T): void;
  addAll(values: readonly T[]): void;
  /** Replaces all. */
  update(values: readonly T[]): void;
}

export interface MapState<K, V> extends State {
  get(key: K): V | undefined;
  has(key: K): boolean;
  put(key: K, value: V): void;
  remove(key: K): void;
  entries(): readonly (readonly [K, V])[];
  isEmpty(): boolean;
}

/** State that values are added to and one result is read from. */
export interface AppendingState<IN, OUT> extends State {
  get(): OUT | undefined;
  add(value: IN): void;
}

export type ReducingState<T> = AppendingState<T, T>;
export type AggregatingState<IN, OUT> = AppendingState<IN, OUT>;

export type ReduceFunction<T> = (a: T, b: T) => T;

/** Flink's AggregateFunction. An accumulator may be changed and returned, or made anew. */
export interface AggregateFunction<IN, ACC, OUT> {
  createAccumulator(): ACC;
  add(value: IN, accumulator: ACC): ACC;
  getResult(accumulator: ACC): OUT;
  /** Only for windows that merge. */
  merge(a: ACC, b: ACC): ACC;
}
