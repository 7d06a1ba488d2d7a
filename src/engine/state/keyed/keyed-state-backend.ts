import { computeKeyGroupForKeyHash, hashCode } from '../key-group-range-assignment.js';
import { identify } from './key-identity.js';
import type {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  StateDescriptor,
  ValueStateDescriptor,
} from './descriptors.js';
import { HeapStateStore } from './heap-state-store.js';
import type { AggregatingState, ListState, MapState, ReducingState, State, ValueState } from './keyed-state.js';
import { checkCompatible, stateFormatOf, type StateMetaInfo } from './state-format.js';
import type { CurrentKey, StateStore, StateTable } from './state-store.js';
import { TableAggregatingState, TableListState, TableMapState, TableReducingState, TableValueState } from './table-state.js';
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
  readonly meta: StateMetaInfo;
  readonly table: StateTable<unknown>;
  readonly state: State;
}

const DEFAULT_MAX_PARALLELISM = 128;

/** The key group of a key's identity. */
export function keyGroupOfId(keyId: string, maxParallelism: number): number {
  return computeKeyGroupForKeyHash(hashCode(keyId), maxParallelism);
}

export interface KeyedStateBackendOptions {
  /** Where values stand; in memory by default. */
  readonly store?: StateStore;
  readonly maxParallelism?: number;
  /** The states of the checkpoint that the program goes on from. */
  readonly restored?: readonly StateMetaInfo[];
}

/**
 * A subtask's keyed state (Flink's AbstractKeyedStateBackend). A state object is made once for each name
 * and always shows the current key's values in the namespace last set for that state.
 */
export class KeyedStateBackend implements CurrentKey {
  readonly store: StateStore;
  readonly #states = new Map<string, Registered>();
  readonly #restored: ReadonlyMap<string, StateMetaInfo>;
  readonly #maxParallelism: number;
  #currentKey: unknown;
  #currentKeyId = '';
  /** Undefined until it is asked for: values in memory need it only when they are new. */
  #currentKeyGroup: number | undefined;

  /** @param clock processing time, ms: what a time to live is measured on */
  constructor(
    private readonly clock: () => number,
    options: KeyedStateBackendOptions = {},
  ) {
    this.#maxParallelism = options.maxParallelism ?? DEFAULT_MAX_PARALLELISM;
    this.store = options.store ?? new HeapStateStore((keyId) => keyGroupOfId(keyId, this.#maxParallelism));
    this.#restored = new Map(options.restored?.map((meta) => [meta.name, meta]));
  }

  get currentKey(): unknown {
    return this.#currentKey;
  }

  get currentKeyId(): string {
    return this.#currentKeyId;
  }

  get currentKeyGroup(): number {
    return (this.#currentKeyGroup ??= keyGroupOfId(this.#currentKeyId, this.#maxParallelism));
  }

  /** @throws TypeError for a value that cannot be a key */
  setCurrentKey(key: unknown): void {
    this.#currentKey = key;
    this.#currentKeyId = identify(key);
    this.#currentKeyGroup = undefined;
  }

  /** What a checkpoint has to know of the states: those of the program, and those that it has not asked for yet. */
  metas(): readonly StateMetaInfo[] {
    const metas = new Map(this.#restored);
    for (const { meta } of this.#states.values()) metas.set(meta.name, meta);
    return [...metas.values()];
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
    const format = stateFormatOf(descriptor, this.clock);
    const restored = this.#restored.get(descriptor.name);
    if (restored !== undefined) checkCompatible(format.meta, restored);
    const table = this.store.table<unknown>(format, this);
    const registered = { descriptor, meta: format.meta, table, state: this.#create(descriptor, table) };
    this.#states.set(descriptor.name, registered);
    return registered;
  }

  #create(descriptor: StateDescriptor, table: StateTable<unknown>): State {
    const { ttl } = descriptor;
    switch (descriptor.kind) {
      case 'value':
        return this.#value(table, descriptor);
      case 'list':
        if (ttl === undefined) return new TableListState(table as StateTable<unknown[]>);
        return new TtlListState(new TableListState(table as StateTable<Stamped<unknown>[]>), ttl, this.clock);
      case 'map':
        if (ttl === undefined) return new TableMapState(table as StateTable<Map<unknown, unknown>>);
        return new TtlMapState(new TableMapState(table as StateTable<Map<unknown, Stamped<unknown>>>), ttl, this.clock);
      case 'reducing':
        return new TableReducingState(this.#value(table, descriptor), descriptor.reduce);
      case 'aggregating':
        return new TableAggregatingState(this.#value(table, descriptor), descriptor.aggregate);
    }
  }

  #value(
    table: StateTable<unknown>,
    { ttl, defaultValue }: Pick<ValueStateDescriptor<unknown>, 'ttl' | 'defaultValue'>,
  ): ValueState<unknown> {
    if (ttl === undefined) return new TableValueState(table, defaultValue);
    return new TtlValueState(new TableValueState(table as StateTable<Stamped<unknown>>), ttl, this.clock);
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
