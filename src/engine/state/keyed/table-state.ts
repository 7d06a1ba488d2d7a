/** Keyed state of each kind, over one StateTable each. */
import type { AggregateFunction, AppendingState, ListState, MapState, ReduceFunction, ValueState } from './keyed-state.js';
import type { StateTable } from './state-store.js';

export class TableValueState<T> implements ValueState<T> {
  constructor(
    private readonly table: StateTable<T>,
    private readonly defaultValue?: T,
  ) {}

  value(): T | undefined {
    return this.table.get() ?? this.defaultValue;
  }

  update(value: T): void {
    this.table.put(value);
  }

  clear(): void {
    this.table.remove();
  }
}

export class TableListState<T> implements ListState<T> {
  constructor(private readonly table: StateTable<T[]>) {}

  get(): readonly T[] {
    return this.table.get() ?? [];
  }

  add(value: T): void {
    this.addAll([value]);
  }

  addAll(values: readonly T[]): void {
    if (values.length === 0) return;
    const list = this.table.get() ?? [];
    for (const value of values) list.push(value);
    this.table.put(list);
  }

  update(values: readonly T[]): void {
    if (values.length === 0) this.table.remove();
    else this.table.put([...values]);
  }

  clear(): void {
    this.table.remove();
  }
}

/** Entry keys are compared as Map compares them: objects by identity. */
export class TableMapState<K, V> implements MapState<K, V> {
  constructor(private readonly table: StateTable<Map<K, V>>) {}

  get(key: K): V | undefined {
    return this.table.get()?.get(key);
  }

  has(key: K): boolean {
    return this.table.get()?.has(key) ?? false;
  }

  put(key: K, value: V): void {
    const map = this.table.get() ?? new Map<K, V>();
    map.set(key, value);
    this.table.put(map);
  }

  remove(key: K): void {
    const map = this.table.get();
    if (!map?.delete(key)) return;
    if (map.size === 0) this.table.remove();
    else this.table.put(map);
  }

  entries(): readonly (readonly [K, V])[] {
    return [...(this.table.get() ?? [])];
  }

  isEmpty(): boolean {
    return this.table.get() === undefined;
  }

  clear(): void {
    this.table.remove();
  }
}

/** Over a value, so that a time to live is the value's. */
export class TableReducingState<T> implements AppendingState<T, T> {
  constructor(
    private readonly state: ValueState<T>,
    private readonly reduce: ReduceFunction<T>,
  ) {}

  get(): T | undefined {
    return this.state.value();
  }

  add(value: T): void {
    const current = this.state.value();
    this.state.update(current === undefined ? value : this.reduce(current, value));
  }

  clear(): void {
    this.state.clear();
  }
}

export class TableAggregatingState<IN, ACC, OUT> implements AppendingState<IN, OUT> {
  constructor(
    private readonly state: ValueState<ACC>,
    private readonly aggregate: AggregateFunction<IN, ACC, OUT>,
  ) {}

  get(): OUT | undefined {
    const accumulator = this.state.value();
    return accumulator === undefined ? undefined : this.aggregate.getResult(accumulator);
  }

  add(value: IN): void {
    this.state.update(this.aggregate.add(value, this.state.value() ?? this.aggregate.createAccumulator()));
  }

  clear(): void {
    this.state.clear();
  }
}
