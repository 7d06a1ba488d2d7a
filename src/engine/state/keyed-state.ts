import { DeadlineQueue, NOT_QUEUED, type Scheduled } from '../time/deadline-queue.js';
import { type BinaryReader, BinaryWriter } from './binary.js';
import { KEY_GROUPS, keyGroupOf } from './key-group.js';

/** What an operator holds for one key; its fields here belong to KeyedState. */
export abstract class KeyEntry implements Scheduled {
  readonly group: number;
  /** When it is looked at next, epoch ms: not after its own earliest deadline. Infinity: never. */
  deadline = Infinity;
  queuePosition = NOT_QUEUED;
  /** The snapshot that will hold the last change; 0: unchanged since it was restored. */
  changedFor = 0;
  /** The last snapshot that holds the key; 0: one before the restore, NEVER: none. */
  writtenBy = NEVER;
  /** Where it stands in the list of the changed. */
  position = 0;

  constructor(readonly id: string) {
    this.group = keyGroupOf(id);
  }
}

const NEVER = -1;

/** How the entries of an operator are written and read. */
export interface EntryFormat<E extends KeyEntry> {
  write(entry: E, out: BinaryWriter): void;
  /** `from` is the whole value; decoding it may wait until the key is needed. */
  read(id: string, from: BinaryReader): E;
  /** The entry has gone: forgotten, or another one is read in its place. */
  removed?(entry: E): void;
}

/** Takes what a snapshot holds of one operator: per key at most one call, in any order. */
export interface SnapshotSink {
  put(group: number, key: string, value: Uint8Array): void;
  /** The key was in an earlier snapshot, and is no more. */
  delete(key: string): void;
}

/** An operator's keyed state as snapshots see it. */
export interface Snapshotable {
  /** Keys with state. */
  readonly size: number;
  sizeOfGroup(group: number): number;
  /**
   * The barrier: the snapshot is of this moment, and holds what changed since the last one, and `whole`
   * groups in full. O(1); the one before must be done. What is to change before its turn is written first.
   */
  beginSnapshot(sink: SnapshotSink, whole: ReadonlySet<number>): void;
  /** Looks at up to `keys` more keys; false when the snapshot is done. */
  continueSnapshot(keys: number): boolean;
  /** Takes a key from a snapshot. */
  restore(key: string, from: BinaryReader): void;
  /** Forgets a key, or a whole group, without a trace in snapshots: while segments are read. */
  discard(key: string): void;
  discardGroup(group: number): void;
}

/** A snapshot between its barrier and its last key. */
interface Running {
  readonly number: number;
  readonly sink: SnapshotSink;
  readonly whole: ReadonlySet<number>;
  readonly keys: Iterator<void>;
}

/**
 * State by key of one operator: key groups, one deadline per key, and snapshots of what changed that do not
 * stop the world (copy on write, as Flink's heap backend). Owners call `touch` before they change an entry.
 */
export class KeyedState<E extends KeyEntry> implements Snapshotable {
  readonly #format: EntryFormat<E>;
  readonly #groups: Map<string, E>[] = Array.from({ length: KEY_GROUPS }, () => new Map());
  readonly #deadlines = new DeadlineQueue<E>();
  readonly #value = new BinaryWriter();
  #size = 0;
  /** The number that the next snapshot will have. */
  #next = 1;
  #changed: E[] = [];
  /** Keys of earlier snapshots that have gone since the last. */
  #gone = new Set<string>();
  #running: Running | undefined;

  constructor(format: EntryFormat<E>) {
    this.#format = format;
  }

  get size(): number {
    return this.#size;
  }

  sizeOfGroup(group: number): number {
    return this.#groups[group].size;
  }

  get(id: string): E | undefined {
    return this.#groups[keyGroupOf(id)].get(id);
  }

  *values(): Generator<E> {
    for (const entries of this.#groups) yield* entries.values();
  }

  /** A key that has no entry gets one. */
  add(entry: E): void {
    this.#groups[entry.group].set(entry.id, entry);
    this.#size++;
    if (this.#gone.size > 0 && this.#gone.delete(entry.id)) entry.writtenBy = 0;
    this.#markChanged(entry);
  }

  /** To be called before an entry changes: a snapshot that still waits for it gets it as it is. */
  touch(entry: E): void {
    if (entry.changedFor === this.#next) return;
    this.#writeIfDue(entry);
    this.#markChanged(entry);
  }

  forget(entry: E): void {
    this.#writeIfDue(entry);
    if (entry.changedFor === this.#next) this.#unmarkChanged(entry);
    if (entry.writtenBy !== NEVER) this.#gone.add(entry.id);
    this.#remove(entry);
  }

  // deadlines

  /** When a key is to be looked at next, epoch ms; Infinity: never. */
  get earliest(): number {
    return this.#deadlines.earliest;
  }

  /** Takes out the entry to look at; its deadline may have moved to later since. There must be one. */
  takeEarliest(): E {
    return this.#deadlines.take();
  }

  /** Moved lazily: a later deadline leaves the earlier place in the queue, and is found when that is taken. */
  schedule(entry: E, deadline: number): void {
    if (deadline < entry.deadline) this.#deadlines.schedule(entry, deadline);
  }

  /** For an entry that was just taken. */
  reschedule(entry: E, deadline: number): void {
    this.#deadlines.schedule(entry, deadline);
  }

  // snapshots

  beginSnapshot(sink: SnapshotSink, whole: ReadonlySet<number>): void {
    if (this.#running !== undefined) throw new Error('a snapshot begins before the one in front of it is done');
    this.#running = { number: this.#next++, sink, whole, keys: this.#writeAll(sink, whole, this.#changed, this.#gone) };
    this.#changed = [];
    this.#gone = new Set();
  }

  continueSnapshot(keys: number): boolean {
    if (this.#running === undefined) return false;
    for (let left = keys; left > 0; left--) {
      if (this.#running.keys.next().done !== true) continue;
      this.#running = undefined;
      return false;
    }
    return true;
  }

  restore(id: string, from: BinaryReader): void {
    this.discard(id);
    const entry = this.#format.read(id, from);
    entry.writtenBy = 0;
    this.#groups[entry.group].set(id, entry);
    this.#size++;
    this.#deadlines.schedule(entry, entry.deadline);
  }

  discard(id: string): void {
    const entry = this.get(id);
    if (entry !== undefined) this.#remove(entry);
  }

  discardGroup(group: number): void {
    for (const entry of this.#groups[group].values()) this.#remove(entry);
  }

  /** One step per key looked at. Keys that come while it runs are met, too, and passed over. */
  *#writeAll(sink: SnapshotSink, whole: ReadonlySet<number>, changed: readonly E[], gone: ReadonlySet<string>): Generator<void> {
    for (const id of gone) {
      sink.delete(id);
      yield;
    }
    for (const entry of changed) {
      this.#writeIfDue(entry);
      yield;
    }
    for (const group of whole) {
      for (const entry of this.#groups[group].values()) {
        this.#writeIfDue(entry);
        yield;
      }
    }
  }

  #writeIfDue(entry: E): void {
    const running = this.#running;
    if (running === undefined || entry.writtenBy === running.number || entry.changedFor > running.number) return;
    if (entry.changedFor < running.number && !running.whole.has(entry.group)) return;
    this.#value.reset();
    this.#format.write(entry, this.#value);
    running.sink.put(entry.group, entry.id, this.#value.view());
    entry.writtenBy = running.number;
  }

  #markChanged(entry: E): void {
    entry.changedFor = this.#next;
    entry.position = this.#changed.length;
    this.#changed.push(entry);
  }

  /** Takes it out of the list: a key that comes and goes must not make that grow. */
  #unmarkChanged(entry: E): void {
    const last = this.#changed.pop() as E;
    if (last === entry) return;
    this.#changed[entry.position] = last;
    last.position = entry.position;
  }

  #remove(entry: E): void {
    this.#groups[entry.group].delete(entry.id);
    this.#deadlines.remove(entry);
    this.#size--;
    this.#format.removed?.(entry);
  }
}
