import type { InternalTimer, TimerSet } from '../../time/internal-timer-service.js';
import type { BinaryReader, BinaryWriter } from '../binary.js';
import type { Snapshotable, SnapshotSink } from '../keyed-state.js';
import { plainSerializer } from '../serializer/plain-serializer.js';
import { type Cells, ChangeTracker, TrackedCell } from './change-tracker.js';
import { GroupMap } from './group-map.js';
import { cellId, parseRecordKey, recordKey } from './record-key.js';

class TimerCell extends TrackedCell {
  constructor(
    readonly id: string,
    readonly timer: InternalTimer,
    group: number,
  ) {
    super(group);
  }
}

/** The timers of one time domain as snapshots see them; a timer of a snapshot has a namespace of which only the id is known. */
export class TimerState implements TimerSet, Snapshotable, Cells<TimerCell> {
  readonly #timers = new GroupMap<TimerCell>();
  readonly #tracker = new ChangeTracker<TimerCell>(this);

  /** @param groupOf the key group of a key's identity */
  constructor(private readonly groupOf: (keyId: string) => number) {}

  has(timer: InternalTimer): boolean {
    return this.#timers.get(idOf(timer)) !== undefined;
  }

  add(timer: InternalTimer): boolean {
    const id = idOf(timer);
    if (this.#timers.get(id) !== undefined) return false;
    const cell = new TimerCell(id, timer, this.groupOf(timer.keyId));
    this.#timers.add(id, cell);
    this.#tracker.added(cell);
    return true;
  }

  delete(timer: InternalTimer): void {
    const id = idOf(timer);
    const cell = this.#timers.get(id);
    if (cell === undefined) return;
    this.#tracker.removed(cell);
    this.#timers.delete(id);
  }

  *all(): Generator<InternalTimer> {
    for (const { timer } of this.#timers.values()) yield timer;
  }

  // Snapshotable

  get size(): number {
    return this.#timers.size;
  }

  sizeOfGroup(group: number): number {
    return this.#timers.sizeOfGroup(group);
  }

  beginSnapshot(sink: SnapshotSink, whole: ReadonlySet<number>): void {
    this.#tracker.beginSnapshot(sink, whole);
  }

  continueSnapshot(cells: number): boolean {
    return this.#tracker.continueSnapshot(cells);
  }

  restore(id: string, from: BinaryReader): void {
    const { name, namespace, keyId } = parseRecordKey(id);
    const timer = { time: Number(name), key: plainSerializer.read(from, 1), keyId, namespace: { id: namespace } };
    const cell = new TimerCell(id, timer, this.groupOf(keyId));
    this.#timers.delete(id);
    this.#timers.add(id, cell);
    this.#tracker.restored(cell);
  }

  discard(id: string): void {
    this.#timers.delete(id);
  }

  discardGroup(group: number): void {
    this.#timers.deleteGroup(group);
  }

  // Cells

  keyOf({ id }: TimerCell): string {
    return id;
  }

  write({ timer }: TimerCell, out: BinaryWriter): void {
    plainSerializer.write(timer.key, out);
  }

  ofGroups(groups: ReadonlySet<number>): Iterable<TimerCell | undefined> {
    return this.#timers.ofGroups(groups);
  }
}

function idOf(timer: InternalTimer): string {
  return (timer.id ??= recordKey(String(timer.time), cellId(timer.namespace.id, timer.keyId)));
}
