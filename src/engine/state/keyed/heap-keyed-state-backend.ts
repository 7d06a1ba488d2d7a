import { identify } from './key-identity.js';
import type {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  StateDescriptor,
  ValueStateDescriptor,
} from './descriptors.js';
import { HeapAggregatingState, HeapListState, HeapMapState, HeapReducingState, HeapValueState } from './heap-state.js';
import type { AggregatingState, ListState, MapState, ReducingState, State, ValueState } from './keyed-state.js';
import { StateTable } from './state-table.js';
import { type Stamped, TtlListState, TtlMapState, TtlValueState } from './ttl.js';

/** The state of a descriptor. */
export type StateOf<D> =
  D extends ValueStateDescriptor<infer T>
    ? ValueState<T>
    : D extends ListStateDescriptor<infer T>
      ? ListState<T>
      : D extends MapStateDescriptor<infer K, infer V>
        ? MapState<K, V>
        : D extends ReducingStateDescriptor<infer T>
          ? ReducingState<T>
          : D extends AggregatingStateDescriptor<infer IN, infer _ACC, infer OUT>
            ? AggregatingState<IN, OUT>
            : never;

interface Registered {
  readonly descriptor: StateDescriptor;
  readonly table: StateTable<unknown>;
  readonly state: State;
}

/**
 * An operator's keyed state in memory (Flink's HeapKeyedStateBackend). A state object is made once for
 * each name and always shows the current key's values in the namespace last set for that state.
 */
export class HeapKeyedStateBackend {
  readonly #states = new Map<string, Registered>();
  #currentKey: unknown;
  #currentKeyId = '';

  /** @param clock processing time, ms: what a time to live is measured on */
  constructor(private readonly clock: () => number) {}

  get currentKey(): unknown {
    return this.#currentKey;
  }

  get currentKeyId(): string {
    return this.#currentKeyId;
  }

  /** @throws TypeError for a value that cannot be a key */
  setCurrentKey(key: unknown): void {
    this.#currentKey = key;
    this.#currentKeyId = identify(key);
  }

  /** The state of the descriptor in a namespace, until the next call for the same name. */
  getState<D extends { readonly name: string; readonly kind: StateDescriptor['kind'] }>(descriptor: D, namespace = ''): StateOf<D> {
    const { table, state } = this.#registered(descriptor as unknown as StateDescriptor);
    table.setNamespace(namespace);
    return state as unknown as StateOf<D>;
  }

  /**
   * Moves what the current key has in `sources` into `target`: for windows that merge. The values are of
   * a list, reducing or aggregating state.
   */
  mergeNamespaces(
    descriptor: { readonly name: string; readonly kind: StateDescriptor['kind'] },
    target: string,
    sources: readonly string[],
  ): void {
    const { table, descriptor: registered } = this.#registered(descriptor as unknown as StateDescriptor);
    const merge = mergeFunction(registered);
    table.setNamespace(target);
    for (const source of sources) {
      const value = table.takeFrom(source);
      if (value === undefined) continue;
      const current = table.get();
      table.put(current === undefined ? value : merge(current, value));
    }
  }

  #registered(descriptor: StateDescriptor): Registered {
    const known = this.#states.get(descriptor.name);
    if (known !== undefined) {
      if (known.descriptor.kind !== descriptor.kind)
        throw new TypeError(
          `state "${descriptor.name}" is a ${known.descriptor.kind} state and cannot be used as a ${descriptor.kind} state`,
        );
      return known;
    }
    const table = new StateTable<unknown>(() => this.#currentKeyId);
    const registered = { descriptor, table, state: this.#create(descriptor, table) };
    this.#states.set(descriptor.name, registered);
    return registered;
  }

  #create(descriptor: StateDescriptor, table: StateTable<unknown>): State {
    const { ttl } = descriptor;
    switch (descriptor.kind) {
      case 'value':
        return this.#value(table, descriptor);
      case 'list':
        if (ttl === undefined) return new HeapListState(table as StateTable<unknown[]>);
        return new TtlListState(new HeapListState(table as StateTable<Stamped<unknown>[]>), ttl, this.clock);
      case 'map':
        if (ttl === undefined) return new HeapMapState(table as StateTable<Map<unknown, unknown>>);
        return new TtlMapState(new HeapMapState(table as StateTable<Map<unknown, Stamped<unknown>>>), ttl, this.clock);
      case 'reducing':
        return new HeapReducingState(this.#value(table, descriptor), descriptor.reduce);
      case 'aggregating':
        return new HeapAggregatingState(this.#value(table, descriptor), descriptor.aggregate);
    }
  }

  #value(
    table: StateTable<unknown>,
    { ttl, defaultValue }: Pick<ValueStateDescriptor<unknown>, 'ttl' | 'defaultValue'>,
  ): ValueState<unknown> {
    if (ttl === undefined) return new HeapValueState(table, defaultValue);
    return new TtlValueState(new HeapValueState(table as StateTable<Stamped<unknown>>), ttl, this.clock);
  }
}

function mergeFunction(descriptor: StateDescriptor): (a: unknown, b: unknown) => unknown {
  switch (descriptor.kind) {
    case 'list':
      return (a, b) => [...(a as unknown[]), ...(b as unknown[])];
    case 'reducing':
      return descriptor.reduce;
    case 'aggregating':
      return (a, b) => descriptor.aggregate.merge(a, b);
    default:
      throw new TypeError(`a ${descriptor.kind} state cannot be merged`);
  }
}
