import { setImmediate } from 'node:timers/promises';
import type { ClassicLevel, Snapshot } from 'classic-level';
import { BinaryReader, BinaryWriter } from '../../engine/state/binary.js';
import { cellId, parseRecordKey, recordKey } from '../../engine/state/keyed/record-key.js';
import type { StateFormat } from '../../engine/state/keyed/state-format.js';
import type { CurrentKey, StateStore, StateTable } from '../../engine/state/keyed/state-store.js';
import type { SnapshotSink } from '../../engine/state/keyed-state.js';
import { changesOf, groupOf, groupRange, markerOf, recordPart, upToEpoch, valueKey, valueKeyOfMarker } from './level-keys.js';

export type Level = ClassicLevel<Uint8Array, Uint8Array>;

type Operation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array };

/** Values that are at hand as objects; beyond it all are written out and let go. */
const MAX_AT_HAND = 20_000;
/** Entries read at once while a snapshot is written. */
const STEP = 1_000;
const NOTHING = new Uint8Array();

/** A value that is at hand; undefined: there is none. */
interface Held {
  value: unknown;
  readonly format: StateFormat;
  readonly group: number;
  /** Has been put or removed since it was last written out. */
  isChanged: boolean;
}

/** A snapshot between its barrier and its last entry. */
interface Running {
  readonly epoch: number;
  readonly sink: SnapshotSink;
  readonly whole: ReadonlySet<number>;
  /** Of the moment of the barrier. */
  readonly snapshot: Promise<Snapshot>;
  entries?: AsyncIterator<void>;
  isDone: boolean;
}

/**
 * Keyed state on disk, in a LevelDB: for state larger than memory. Values that were used lately are at hand and are
 * written out between batches of the sources. Beside each value that has changed since the last snapshot stands a
 * marker, so that a snapshot reads no more than those. The folder begins empty: what it had held is in checkpoints.
 */
export class LevelStateStore implements StateStore {
  #held = new Map<string, Held>();
  /** Being written out; what is asked for meanwhile is still found here. */
  readonly #leaving = new Map<string, Held>();
  #writesUnderWay = 0;
  readonly #restored: (Operation | { readonly type: 'clear'; readonly group: number })[] = [];
  /** The last write; one follows the other. */
  #writing: Promise<unknown> = Promise.resolve();
  readonly #sizes: number[] = [];
  #epoch = 1;
  #running: Running | undefined;
  readonly #out = new BinaryWriter();

  /** @param groupOfKey the key group of a key's identity @param onClose what is left to do then */
  constructor(
    private readonly level: Level,
    private readonly groupOfKey: (keyId: string) => number,
    private readonly onClose: () => Promise<void>,
  ) {}

  table<S>(format: StateFormat<S>, current: CurrentKey): StateTable<S> {
    return new LevelTable<S>(this, format as StateFormat, current);
  }

  /** Estimates: a value that is put before it was looked for counts as new. */
  get size(): number {
    return this.#sizes.reduce((sum, size) => sum + size, 0);
  }

  sizeOfGroup(group: number): number {
    return this.#sizes[group] ?? 0;
  }

  // values, by record key

  get(key: string, group: number, format: StateFormat): unknown {
    return this.#find(key, group, format).value;
  }

  put(key: string, group: number, format: StateFormat, value: unknown): void {
    const held = this.#held.get(key) ?? this.#leaving.get(key);
    if (held?.value === undefined) this.#sizes[group] = this.sizeOfGroup(group) + 1;
    this.#held.set(key, { value, format, group, isChanged: true });
  }

  remove(key: string, group: number, format: StateFormat): void {
    if (this.#find(key, group, format).value === undefined) return;
    this.#sizes[group] = Math.max(0, this.sizeOfGroup(group) - 1);
    this.#held.set(key, { value: undefined, format, group, isChanged: true });
  }

  #find(key: string, group: number, format: StateFormat): Held {
    const held = this.#held.get(key);
    if (held !== undefined) return held;
    const leaving = this.#leaving.get(key);
    const value = leaving === undefined ? this.#read(key, group, format) : leaving.value;
    const found = { value, format, group, isChanged: false };
    this.#held.set(key, found);
    return found;
  }

  #read(key: string, group: number, format: StateFormat): unknown {
    const bytes = this.level.getSync(valueKey(group, key));
    return bytes && format.read(new BinaryReader(bytes));
  }

  // writing

  async settle(): Promise<void> {
    if (this.#restored.length > 0) await this.#writeRestored();
    if (this.#held.size > MAX_AT_HAND) await this.#writeOut();
  }

  /** What is at hand leaves: changed values are written. */
  #writeOut(): Promise<void> {
    const operations = this.#operations(this.#held);
    for (const [key, held] of this.#held) this.#leaving.set(key, held);
    this.#held = new Map();
    this.#writesUnderWay++;
    return this.#next(async () => {
      await this.#batch(operations);
      if (--this.#writesUnderWay === 0) this.#leaving.clear();
    });
  }

  #operations(held: ReadonlyMap<string, Held>): Operation[] {
    const operations: Operation[] = [];
    for (const [key, entry] of held) {
      if (!entry.isChanged) continue;
      entry.isChanged = false;
      const at = valueKey(entry.group, key);
      operations.push(entry.value === undefined ? { type: 'del', key: at } : { type: 'put', key: at, value: this.#encode(entry) });
      operations.push({ type: 'put', key: markerOf(this.#epoch, at), value: NOTHING });
    }
    return operations;
  }

  #encode({ format, value }: Held): Uint8Array {
    this.#out.reset();
    format.write(value, this.#out);
    return this.#out.toBytes();
  }

  async #batch(operations: readonly Operation[]): Promise<void> {
    if (operations.length > 0) await this.level.batch([...operations]);
  }

  #next<T>(write: () => Promise<T>): Promise<T> {
    const next = this.#writing.then(write);
    this.#writing = next.catch(() => {});
    return next;
  }

  // snapshots

  beginSnapshot(sink: SnapshotSink, whole: ReadonlySet<number>): void {
    if (this.#running !== undefined) throw new Error('a snapshot begins before the one in front of it is done');
    void this.#writeOut();
    const snapshot = this.#next(async () => this.level.snapshot());
    snapshot.catch(() => {});
    this.#running = { epoch: this.#epoch++, sink, whole, snapshot, isDone: false };
  }

  /** Only tells; `continueReading` does the work. */
  continueSnapshot(): boolean {
    return this.#running !== undefined;
  }

  async continueReading(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return void (await setImmediate());
    running.entries ??= this.#write(running, await running.snapshot);
    if ((await running.entries.next()).done !== true) return;
    await (await running.snapshot).close();
    this.#running = undefined;
    await this.#next(() => this.level.clear(upToEpoch(running.epoch)));
  }

  async *#write({ sink, whole, epoch }: Running, snapshot: Snapshot): AsyncGenerator<void> {
    for await (const markers of pages(this.level.keys({ ...changesOf(epoch), snapshot }))) {
      const keys = markers.map(valueKeyOfMarker).filter((key) => !whole.has(groupOf(key)));
      const values = await this.level.getMany(keys, { snapshot });
      for (const [index, key] of keys.entries()) write(sink, key, values[index]);
      yield;
    }
    for (const group of whole) {
      this.#sizes[group] = 0;
      for await (const entries of pages(this.level.iterator({ ...groupRange(group), snapshot }))) {
        for (const [key, value] of entries) write(sink, key, value);
        this.#sizes[group] += entries.length;
        yield;
      }
    }
  }

  // restoring

  restore(key: string, from: BinaryReader): void {
    const group = this.groupOfKey(parseRecordKey(key).keyId);
    this.#sizes[group] = this.sizeOfGroup(group) + 1;
    this.#restored.push({ type: 'put', key: valueKey(group, key), value: new Uint8Array(from.rest()) });
  }

  discard(key: string): void {
    this.#restored.push({ type: 'del', key: valueKey(this.groupOfKey(parseRecordKey(key).keyId), key) });
  }

  discardGroup(group: number): void {
    if (this.sizeOfGroup(group) === 0) return;
    this.#sizes[group] = 0;
    this.#restored.push({ type: 'clear', group });
  }

  async #writeRestored(): Promise<void> {
    let operations: Operation[] = [];
    for (const operation of this.#restored.splice(0)) {
      if (operation.type !== 'clear') operations.push(operation);
      else {
        await this.#batch(operations);
        operations = [];
        await this.level.clear(groupRange(operation.group));
      }
    }
    await this.#batch(operations);
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.level.close();
    await this.onClose();
  }
}

class LevelTable<S> implements StateTable<S> {
  #namespace = '';

  constructor(
    private readonly store: LevelStateStore,
    private readonly format: StateFormat,
    private readonly current: CurrentKey,
  ) {}

  setNamespace(id: string): void {
    this.#namespace = id;
  }

  get(): S | undefined {
    return this.store.get(this.#key(), this.current.currentKeyGroup, this.format) as S | undefined;
  }

  put(value: S): void {
    this.store.put(this.#key(), this.current.currentKeyGroup, this.format, value);
  }

  remove(): void {
    this.store.remove(this.#key(), this.current.currentKeyGroup, this.format);
  }

  takeFrom(namespace: string): S | undefined {
    const current = this.#namespace;
    this.#namespace = namespace;
    const value = this.get();
    this.remove();
    this.#namespace = current;
    return value;
  }

  #key(): string {
    return recordKey(this.format.meta.name, cellId(this.#namespace, this.current.currentKeyId));
  }
}

function write(sink: SnapshotSink, key: Uint8Array, value: Uint8Array | undefined): void {
  const record = recordPart(key);
  if (value === undefined) sink.delete(new BinaryReader(record).text());
  else sink.putRecord(groupOf(key), Buffer.concat([record, value]));
}

/** An iterator's entries, many at once. */
async function* pages<T>(iterator: { nextv(size: number): Promise<T[]>; close(): Promise<void> }): AsyncGenerator<T[]> {
  try {
    for (let page = await iterator.nextv(STEP); page.length > 0; page = await iterator.nextv(STEP)) yield page;
  } finally {
    await iterator.close();
  }
}
