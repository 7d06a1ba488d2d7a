import type { AggregateFunction, ReduceFunction } from './keyed-state.js';
import type { StateTtlConfig } from './ttl.js';

/** Names a state and says what it holds; unique by name in its operator. The types are those of its values. */
interface Descriptor {
  readonly name: string;
  readonly ttl?: StateTtlConfig;
}

export interface ValueStateDescriptor<T> extends Descriptor {
  readonly kind: 'value';
  readonly defaultValue?: T;
}

export interface ListStateDescriptor<T> extends Descriptor {
  readonly kind: 'list';
  readonly of?: T;
}

export interface MapStateDescriptor<K, V> extends Descriptor {
  readonly kind: 'map';
  readonly of?: readonly [K, V];
}

export interface ReducingStateDescriptor<T> extends Descriptor {
  readonly kind: 'reducing';
  readonly reduce: ReduceFunction<T>;
}

export interface AggregatingStateDescriptor<IN, ACC, OUT> extends Descriptor {
  readonly kind: 'aggregating';
  readonly aggregate: AggregateFunction<IN, ACC, OUT>;
}

export type StateDescriptor =
  | ValueStateDescriptor<unknown>
  | ListStateDescriptor<unknown>
  | MapStateDescriptor<unknown, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: functions of any value type
  | ReducingStateDescriptor<any>
  // biome-ignore lint/suspicious/noExplicitAny: functions of any value type
  | AggregatingStateDescriptor<any, any, any>;

interface Options {
  readonly ttl?: StateTtlConfig;
}

export function valueState<T>(name: string, options: Options & { readonly defaultValue?: T } = {}): ValueStateDescriptor<T> {
  return { kind: 'value', name, ...options };
}

export function listState<T>(name: string, options: Options = {}): ListStateDescriptor<T> {
  return { kind: 'list', name, ...options };
}

export function mapState<K, V>(name: string, options: Options = {}): MapStateDescriptor<K, V> {
  return { kind: 'map', name, ...options };
}

export function reducingState<T>(name: string, reduce: ReduceFunction<T>, options: Options = {}): ReducingStateDescriptor<T> {
  return { kind: 'reducing', name, reduce, ...options };
}

export function aggregatingState<IN, ACC, OUT>(
  name: string,
  aggregate: AggregateFunction<IN, ACC, OUT>,
  options: Options = {},
): AggregatingStateDescriptor<IN, ACC, OUT> {
  return { kind: 'aggregating', name, aggregate, ...options };
}
