import { BinaryWriter } from '../binary.js';
import type { SnapshotSink } from '../keyed-state.js';

const NEVER = -1;

/** What snapshots have to know of a value; the fields that change belong to the ChangeTracker. */
export abstract class TrackedCell {
  /** The snapshot that will hold the last change; 0: unchanged since it was restored. */
  changedFor = 0;
  /** The last snapshot that holds it; 0: one before the restore, NEVER: none. */
  writtenBy = NEVER;

  constructor(readonly group: number) {}
}

/** The cells that are tracked. */
export interface Cells<C extends TrackedCell> {
  /** Its key in snapshots. */
  keyOf(cell: C): string;
  write(cell: C, out: BinaryWriter): void;
  /** Undefined for a cell of another group: looking at it is a step, too. */
  ofGroups(groups: ReadonlySet<number>): Iterable<C | undefined>;
}

/** A snapshot between its barrier and its last cell. */
interface Running {
  readonly number: number;
  readonly sink: SnapshotSink;
  readonly whole: ReadonlySet<number>;
  readonly steps: Iterator<void>;
}

/**
 * Snapshots of what changed that do not stop the world: at the barrier nothing is copied; a cell that is to change,
 * or whose value is handed out and so may change in place, is written before (copy on write, as Flink's heap backend).
 */
export class ChangeTracker<C extends TrackedCell> {
  readonly #value = new BinaryWriter();
  /** The number that the next snapshot will have. */
  #next = 1;
  #changed = new Set<C>();
  /** Keys of cells of earlier snapshots that have gone since the last. */
  #gone = new Set<string>();
  #running: Running | undefined;

  constructor(private readonly cells: Cells<C>) {}

  added(cell: C): void {
    if (this.#gone.size > 0 && this.#gone.delete(this.cells.keyOf(cell))) cell.writtenBy = 0;
    this.#markChanged(cell);
  }

  /** To be called before a cell changes. */
  touch(cell: C): void {
    if (cell.changedFor === this.#next) return;
    this.#writeIfDue(cell);
    this.#markChanged(cell);
  }

  /** To be called before a cell's value is handed out. */
  access(cell: C): void {
    if (this.#running !== undefined) this.#writeIfDue(cell);
  }

  /** To be called before a cell goes. */
  removed(cell: C): void {
    this.#writeIfDue(cell);
    this.#changed.delete(cell);
    if (cell.writtenBy !== NEVER) this.#gone.add(this.cells.keyOf(cell));
  }

  /** A cell that came out of a snapshot. */
  restored(cell: C): void {
    cell.writtenBy = 0;
  }

  beginSnapshot(sink: SnapshotSink, whole: ReadonlySet<number>): void {
    if (this.#running !== undefined) throw new Error('a snapshot begins before the one in front of it is done');
    this.#running = { number: this.#next++, sink, whole, steps: this.#steps(sink, whole, this.#changed, this.#gone) };
    this.#changed = new Set();
    this.#gone = new Set();
  }

  /** Looks at up to so many more cells; false when the snapshot is done. */
  continueSnapshot(cells: number): boolean {
    if (this.#running === undefined) return false;
    for (let left = cells; left > 0; left--) {
      if (this.#running.steps.next().done !== true) continue;
      this.#running = undefined;
      return false;
    }
    return true;
  }

  /** Cells that come while it runs are met, too, and passed over. */
  *#steps(sink: SnapshotSink, whole: ReadonlySet<number>, changed: ReadonlySet<C>, gone: ReadonlySet<string>): Generator<void> {
    for (const key of gone) {
      sink.delete(key);
      yield;
    }
    for (const cell of changed) {
      this.#writeIfDue(cell);
      yield;
    }
    if (whole.size === 0) return;
    for (const cell of this.cells.ofGroups(whole)) {
      if (cell !== undefined) this.#writeIfDue(cell);
      yield;
    }
  }

  #writeIfDue(cell: C): void {
    const running = this.#running;
    if (running === undefined || cell.writtenBy === running.number || cell.changedFor > running.number) return;
    if (cell.changedFor < running.number && !running.whole.has(cell.group)) return;
    this.#value.reset();
    this.cells.write(cell, this.#value);
    running.sink.put(cell.group, this.cells.keyOf(cell), this.#value.view());
    cell.writtenBy = running.number;
  }

  #markChanged(cell: C): void {
    cell.changedFor = this.#next;
    this.#changed.add(cell);
  }
}
