import { BinaryReader, type BinaryWriter } from '../binary.js';
import type { SnapshotSink } from '../keyed-state.js';
import { type Cells, ChangeTracker, TrackedCell } from './change-tracker.js';
import { GroupMap } from './group-map.js';
import { cellId, parseRecordKey, recordKey } from './record-key.js';
import type { StateFormat } from './state-format.js';
import type { CurrentKey, StateStore, StateTable } from './state-store.js';

/** A value of one state, key and namespace: decoded, or the bytes that a snapshot had of it. */
class Cell extends TrackedCell {
  value: unknown;
  bytes: Uint8Array | undefined;

  constructor(
    readonly state: StateCells,
    readonly id: string,
    group: number,
  ) {
    super(group);
  }
}

/** One state's cells; without a format as long as the program has not asked for the state. */
class StateCells extends GroupMap<Cell> {
  format: StateFormat | undefined;

  constructor(readonly name: string) {
    super();
  }
}

/** Keyed state as objects in memory (Flink's heap backend). */
export class HeapStateStore implements StateStore, Cells<Cell> {
  readonly #states = new Map<string, StateCells>();
  readonly #tracker = new ChangeTracker<Cell>(this);

  /** @param groupOf the key group of a key's identity */
  constructor(private readonly groupOf: (keyId: string) => number) {}

  table<S>(format: StateFormat<S>, current: CurrentKey): StateTable<S> {
    const cells = this.#cells(format.meta.name);
    cells.format = format as StateFormat;
    return new HeapStateTable<S>(cells, this.#tracker, current);
  }

  get size(): number {
    return this.#sum(({ size }) => size);
  }

  sizeOfGroup(group: number): number {
    return this.#sum((cells) => cells.sizeOfGroup(group));
  }

  beginSnapshot(sink: SnapshotSink, whole: ReadonlySet<number>): void {
    this.#tracker.beginSnapshot(sink, whole);
  }

  continueSnapshot(cells: number): boolean {
    return this.#tracker.continueSnapshot(cells);
  }

  restore(key: string, from: BinaryReader): void {
    this.discard(key);
    const { name, namespace, keyId } = parseRecordKey(key);
    const cells = this.#cells(name);
    const cell = new Cell(cells, cellId(namespace, keyId), this.groupOf(keyId));
    cell.bytes = new Uint8Array(from.rest());
    this.#tracker.restored(cell);
    cells.add(cell.id, cell);
  }

  discard(key: string): void {
    const { name, namespace, keyId } = parseRecordKey(key);
    this.#states.get(name)?.delete(cellId(namespace, keyId));
  }

  discardGroup(group: number): void {
    for (const cells of this.#states.values()) cells.deleteGroup(group);
  }

  // Cells

  keyOf({ state, id }: Cell): string {
    return recordKey(state.name, id);
  }

  write({ state, value, bytes }: Cell, out: BinaryWriter): void {
    if (bytes === undefined) (state.format as StateFormat).write(value, out);
    else out.raw(bytes);
  }

  *ofGroups(groups: ReadonlySet<number>): Generator<Cell | undefined> {
    for (const cells of this.#states.values()) yield* cells.ofGroups(groups);
  }

  #cells(name: string): StateCells {
    let cells = this.#states.get(name);
    if (cells === undefined) this.#states.set(name, (cells = new StateCells(name)));
    return cells;
  }

  #sum(count: (cells: StateCells) => number): number {
    let sum = 0;
    for (const cells of this.#states.values()) sum += count(cells);
    return sum;
  }
}

class HeapStateTable<S> implements StateTable<S> {
  #namespace = '';
  /** The cell looked up last, and for which key and namespace. */
  #found: Cell | undefined;
  #foundKey: string | undefined;
  #foundNamespace = '';

  constructor(
    private readonly cells: StateCells,
    private readonly tracker: ChangeTracker<Cell>,
    private readonly current: CurrentKey,
  ) {}

  setNamespace(id: string): void {
    this.#namespace = id;
  }

  get(): S | undefined {
    const cell = this.#find();
    if (cell === undefined) return undefined;
    this.tracker.access(cell);
    if (cell.bytes !== undefined) {
      cell.value = (this.cells.format as StateFormat).read(new BinaryReader(cell.bytes));
      cell.bytes = undefined;
    }
    return cell.value as S;
  }

  put(value: S): void {
    const cell = this.#find();
    if (cell === undefined) return this.#add(value);
    this.tracker.touch(cell);
    cell.value = value;
    cell.bytes = undefined;
  }

  remove(): void {
    const cell = this.#find();
    if (cell === undefined) return;
    this.tracker.removed(cell);
    this.cells.delete(cell.id);
    this.#foundKey = undefined;
  }

  takeFrom(namespace: string): S | undefined {
    const current = this.#namespace;
    this.#namespace = namespace;
    const value = this.get();
    this.remove();
    this.#namespace = current;
    return value;
  }

  #find(): Cell | undefined {
    const { currentKeyId } = this.current;
    if (this.#foundKey === currentKeyId && this.#foundNamespace === this.#namespace) return this.#found;
    this.#found = this.cells.get(cellId(this.#namespace, currentKeyId));
    this.#foundKey = currentKeyId;
    this.#foundNamespace = this.#namespace;
    return this.#found;
  }

  #add(value: S): void {
    const { currentKeyId, currentKeyGroup } = this.current;
    const cell = new Cell(this.cells, cellId(this.#namespace, currentKeyId), currentKeyGroup);
    cell.value = value;
    this.cells.add(cell.id, cell);
    this.tracker.added(cell);
    this.#found = cell;
  }
}
