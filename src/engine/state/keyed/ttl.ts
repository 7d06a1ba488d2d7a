/** State with a time to live, in processing time (Flink's StateTtlConfig): written at t it is gone from t + ttl on. */
import type { ListState, MapState, ValueState } from './keyed-state.js';

export type TtlUpdateType = 'onCreateAndWrite' | 'onReadAndWrite';

export interface StateTtlConfig {
  /** ms */
  readonly ttl: number;
  /** What renews it; writes only by default. */
  readonly update?: TtlUpdateType;
  /** With the second, expired state is returned as long as nothing has removed it. */
  readonly visibility?: 'neverReturnExpired' | 'returnExpiredIfNotCleanedUp';
}

/** A value with the time of its last renewal, ms. */
export interface Stamped<T> {
  readonly value: T;
  readonly at: number;
}

class Ttl {
  readonly renewsOnRead: boolean;
  readonly #returnsExpired: boolean;

  constructor(
    private readonly config: StateTtlConfig,
    private readonly clock: () => number,
  ) {
    this.renewsOnRead = config.update === 'onReadAndWrite';
    this.#returnsExpired = config.visibility === 'returnExpiredIfNotCleanedUp';
  }

  stamp<T>(value: T): Stamped<T> {
    return { value, at: this.clock() };
  }

  isExpired({ at }: Stamped<unknown>): boolean {
    return at + this.config.ttl <= this.clock();
  }

  /** Whether it may be returned. */
  isVisible(stamped: Stamped<unknown>): boolean {
    return this.#returnsExpired || !this.isExpired(stamped);
  }
}

export class TtlValueState<T> implements ValueState<T> {
  readonly #ttl: Ttl;

  constructor(
    private readonly state: ValueState<Stamped<T>>,
    config: StateTtlConfig,
    clock: () => number,
  ) {
    this.#ttl = new Ttl(config, clock);
  }

  value(): T | undefined {
    const found = this.state.value();
    if (found === undefined) return undefined;
    const visible = this.#ttl.isVisible(found);
    if (this.#ttl.isExpired(found)) this.state.clear();
    else if (this.#ttl.renewsOnRead) this.state.update(this.#ttl.stamp(found.value));
    return visible ? found.value : undefined;
  }

  update(value: T): void {
    this.state.update(this.#ttl.stamp(value));
  }

  clear(): void {
    this.state.clear();
  }
}

/** Elements expire one by one; reading the list renews all that are left. */
export class TtlListState<T> implements ListState<T> {
  readonly #ttl: Ttl;

  constructor(
    private readonly state: ListState<Stamped<T>>,
    config: StateTtlConfig,
    clock: () => number,
  ) {
    this.#ttl = new Ttl(config, clock);
  }

  get(): readonly T[] {
    const found = this.state.get();
    const left = found.filter((element) => !this.#ttl.isExpired(element));
    if (this.#ttl.renewsOnRead) this.state.update(left.map(({ value }) => this.#ttl.stamp(value)));
    else if (left.length < found.length) this.state.update(left);
    return found.filter((element) => this.#ttl.isVisible(element)).map(({ value }) => value);
  }

  add(value: T): void {
    this.state.add(this.#ttl.stamp(value));
  }

  addAll(values: readonly T[]): void {
    this.state.addAll(values.map((value) => this.#ttl.stamp(value)));
  }

  update(values: readonly T[]): void {
    this.state.update(values.map((value) => this.#ttl.stamp(value)));
  }

  clear(): void {
    this.state.clear();
  }
}

/** Entries expire one by one. */
export class TtlMapState<K, V> implements MapState<K, V> {
  readonly #ttl: Ttl;

  constructor(
    private readonly state: MapState<K, Stamped<V>>,
    config: StateTtlConfig,
    clock: () => number,
  ) {
    this.#ttl = new Ttl(config, clock);
  }

  get(key: K): V | undefined {
    return this.#read(key)?.value;
  }

  has(key: K): boolean {
    return this.#read(key) !== undefined;
  }

  put(key: K, value: V): void {
    this.state.put(key, this.#ttl.stamp(value));
  }

  remove(key: K): void {
    this.state.remove(key);
  }

  entries(): readonly (readonly [K, V])[] {
    return this.state
      .entries()
      .map(([key]) => [key, this.#read(key)] as const)
      .filter((entry): entry is readonly [K, Stamped<V>] => entry[1] !== undefined)
      .map(([key, { value }]) => [key, value]);
  }

  isEmpty(): boolean {
    return this.entries().length === 0;
  }

  clear(): void {
    this.state.clear();
  }

  #read(key: K): Stamped<V> | undefined {
    const found = this.state.get(key);
    if (found === undefined) return undefined;
    const visible = this.#ttl.isVisible(found);
    if (this.#ttl.isExpired(found)) this.state.remove(key);
    else if (this.#ttl.renewsOnRead) this.state.put(key, this.#ttl.stamp(found.value));
    return visible ? found : undefined;
  }
}
