import { BinaryReader, BinaryWriter } from '../binary.js';
import type { ListStateDescriptor, MapStateDescriptor } from '../keyed/descriptors.js';
import type { ListState } from '../keyed/keyed-state.js';
import { plainSerializer } from '../serializer/plain-serializer.js';
import { resolveSchemaCompatibility, StateMigrationError, type TypeSerializer } from '../serializer/type-serializer.js';
import type { DistributionMode, OperatorStateSnapshot, OperatorStateStore, WritableBroadcastState } from './operator-state.js';

/** A state that the program has asked for. */
interface Registered {
  readonly mode: DistributionMode;
  readonly serializer: TypeSerializer<unknown>;
  readonly state: ListState<unknown> | WritableBroadcastState<unknown, unknown>;
  elements(): Iterable<unknown>;
}

/** A subtask's operator state, in memory (Flink's DefaultOperatorStateBackend). */
export class OperatorStateBackend implements OperatorStateStore {
  readonly #states = new Map<string, Registered>();
  readonly #restored: Map<string, OperatorStateSnapshot>;

  /** @param restored this subtask's share of the checkpoint */
  constructor(restored: readonly OperatorStateSnapshot[] = []) {
    this.#restored = new Map(restored.map((state) => [state.name, state]));
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.#list(descriptor, 'SPLIT_DISTRIBUTE');
  }

  getUnionListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.#list(descriptor, 'UNION');
  }

  getBroadcastState<BK, BV>(descriptor: MapStateDescriptor<BK, BV>): WritableBroadcastState<BK, BV> {
    const known = this.#known(descriptor.name, 'BROADCAST');
    if (known !== undefined) return known.state as WritableBroadcastState<BK, BV>;
    const serializer = entrySerializer((descriptor.serializer as TypeSerializer<unknown> | undefined) ?? plainSerializer);
    const entries = new Map(this.#restore(descriptor.name, 'BROADCAST', serializer) as [BK, BV][]);
    const state: WritableBroadcastState<BK, BV> = {
      get: (key) => entries.get(key),
      has: (key) => entries.has(key),
      entries: () => entries.entries(),
      put: (key, value) => void entries.set(key, value),
      remove: (key) => void entries.delete(key),
    };
    this.#states.set(descriptor.name, {
      mode: 'BROADCAST',
      serializer: serializer as TypeSerializer<unknown>,
      state: state as WritableBroadcastState<unknown, unknown>,
      elements: () => entries,
    });
    return state;
  }

  /** All states as they are now; those that the program has not asked for as they were. */
  snapshot(): readonly OperatorStateSnapshot[] {
    const written = [...this.#states].map(([name, { mode, serializer, elements }]) => ({
      name,
      mode,
      serializer: { name: serializer.name, version: serializer.version },
      elements: Array.from(elements(), (element) => toBytes(serializer, element)),
    }));
    return [...written, ...this.#restored.values()];
  }

  #list<T>(descriptor: ListStateDescriptor<T>, mode: DistributionMode): ListState<T> {
    const known = this.#known(descriptor.name, mode);
    if (known !== undefined) return known.state as ListState<T>;
    const serializer = (descriptor.serializer as TypeSerializer<unknown> | undefined) ?? plainSerializer;
    let list = this.#restore(descriptor.name, mode, serializer) as T[];
    const state: ListState<T> = {
      get: () => list,
      add: (value) => void list.push(value),
      addAll: (values) => void list.push(...values),
      update: (values) => void (list = [...values]),
      clear: () => void (list = []),
    };
    this.#states.set(descriptor.name, { mode, serializer, state: state as ListState<unknown>, elements: () => list });
    return state;
  }

  #known(name: string, mode: DistributionMode): Registered | undefined {
    const known = this.#states.get(name);
    if (known === undefined || known.mode === mode) return known;
    throw new TypeError(`operator state "${name}" is ${known.mode} state and cannot be used as ${mode} state`);
  }

  #restore(name: string, mode: DistributionMode, serializer: TypeSerializer<unknown>): unknown[] {
    const restored = this.#restored.get(name);
    if (restored === undefined) return [];
    if (restored.mode !== mode)
      throw new StateMigrationError(
        `operator state "${name}" is ${restored.mode} state in the checkpoint, and ${mode} state in the program`,
      );
    if (resolveSchemaCompatibility(serializer, restored.serializer) === 'incompatible')
      throw new StateMigrationError(
        `operator state "${name}" was written by serializer "${restored.serializer.name}" version ${restored.serializer.version}, which the program's serializer "${serializer.name}" version ${serializer.version} cannot read`,
      );
    this.#restored.delete(name);
    return restored.elements.map((bytes) => serializer.read(new BinaryReader(bytes), restored.serializer.version));
  }
}

function toBytes(serializer: TypeSerializer<unknown>, value: unknown): Uint8Array {
  const out = new BinaryWriter(64);
  serializer.write(value, out);
  return out.toBytes();
}

/** An entry of a broadcast state; its key is a plain value. */
function entrySerializer(values: TypeSerializer<unknown>): TypeSerializer<unknown> {
  return {
    name: values.name,
    version: values.version,
    write: (entry, out) => {
      const [key, value] = entry as readonly [unknown, unknown];
      plainSerializer.write(key, out);
      values.write(value, out);
    },
    read: (from, version) => [plainSerializer.read(from, 1), values.read(from, version)],
  };
}
