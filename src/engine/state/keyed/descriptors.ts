import type { AggregateFunction, ReduceFunction } from './keyed-state.js';
import type { TypeSerializer } from '../serializer/type-serializer.js';
import type { StateTtlConfig } from './ttl.js';

/** Names a state and says what it holds; unique by name in its operator. The types are those of its values. */
interface Descriptor {
  readonly name: string;
  readonly ttl?: StateTtlConfig;
}

export interface ValueStateDescriptor<T> extends Descriptor {
  readonly kind: 'value';
  readonly serializer?: TypeSerializer<T>;
  readonly defaultValue?: T;
}

export interface ListStateDescriptor<T> extends Descriptor {
  readonly kind: 'list';
  /** Of an element. */
  readonly serializer?: TypeSerializer<T>;
  readonly of?: T;
}

export interface MapStateDescriptor<K, V> extends Descriptor {
  readonly kind: 'map';
  /** Of an entry's value; its key is a plain value. */
  readonly serializer?: TypeSerializer<V>;
  readonly of?: readonly [K, V];
}

export interface ReducingStateDescriptor<T> extends Descriptor {
  readonly kind: 'reducing';
  readonly serializer?: TypeSerializer<T>;
  readonly reduce: ReduceFunction<T>;
}

export interface AggregatingStateDescriptor<IN, ACC, OUT> extends Descriptor {
  readonly kind: 'aggregating';
  /** Of the accumulator. */
  readonly serializer?: TypeSerializer<ACC>;
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

/** Without a serializer the state holds plain values: plain-serializer.ts. */
interface Options<T> {
  readonly ttl?: StateTtlConfig;
  readonly serializer?: TypeSerializer<T>;
}

export function valueState<T>(name: string, options: Options<T> & { readonly defaultValue?: T } = {}): ValueStateDescriptor<T> {
  return { kind: 'value', name, ...options };
}

export function listState<T>(name: string, options: Options<T> = {}): ListStateDescriptor<T> {
  return { kind: 'list', name, ...options };
}

export function mapState<K, V>(name: string, options: Options<V> = {}): MapStateDescriptor<K, V> {
  return { kind: 'map', name, ...options };
}

export function reducingState<T>(name: string, reduce: ReduceFunction<T>, options: Options<T> = {}): ReducingStateDescriptor<T> {
  return { kind: 'reducing', name, reduce, ...options };
}

export function aggregatingState<IN, ACC, OUT>(
  name: string,
  aggregate: AggregateFunction<IN, ACC, OUT>,
  options: Options<ACC> = {},
): AggregatingStateDescriptor<IN, ACC, OUT> {
  return { kind: 'aggregating', name, aggregate, ...options };
}
