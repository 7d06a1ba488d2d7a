import { type BinaryReader, BinaryWriter, isTextAt } from './binary.js';
import { grown } from './columns.js';
import { DeadlineQueue } from './deadline-queue.js';
import { hashOf, KEY_GROUPS } from './key-group.js';
import { KeyTable, NO_SLOT } from './key-table.js';
import { ValueArena } from './value-arena.js';

/** What an operator holds for one key while the key is awake. */
export abstract class KeyEntry {
  /** Its number among the keys; both fields belong to KeyedState. */
  slot = NO_SLOT;
  /** Asked for again since it woke, or since it was to rest: others rest first. */
  used = false;

  constructor(readonly id: string) {}
}

/** How the entries of an operator are written and read. */
export interface EntryFormat<E extends KeyEntry> {
  write(entry: E, out: BinaryWriter): void;
  /**
   * `from` is the whole value, and stays true for as long as it is held: decoding it may wait. Called whenever a key
   * is looked at that rests, so it changes nothing but the entry.
   */
  read(id: string, from: BinaryReader): E;
  /** When a key that a snapshot held is to be looked at, epoch ms; Infinity: never. */
  deadlineOf(entry: E): number;
  /** The key came out of a snapshot. */
  restored?(entry: E): void;
  /** The key has gone: forgotten, or another value is read in its place. */
  removed?(entry: E): void;
}

/** Takes what a snapshot holds of one operator: per key at most one call, in any order. */
export interface SnapshotSink {
  /** `value` is valid during the call. */
  put(group: number, key: string, value: Uint8Array): void;
  /** The same of what has been put together before: the key (BinaryWriter.text), and its value behind it. */
  putRecord(group: number, record: Uint8Array): void;
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

/** What the keys take. */
export interface Footprint {
  readonly awake: number;
  /** Bytes of the records of keys that rest, and of the memory that holds them. */
  readonly aliveBytes: number;
  readonly heldBytes: number;
  /** Keys with a deadline. */
  readonly deadlines: number;
  /** The most keys there were at once: the columns have so many places. */
  readonly slots: number;
}

/** A snapshot between its barrier and its last key. */
interface Running {
  readonly number: number;
  readonly sink: SnapshotSink;
  readonly whole: ReadonlySet<number>;
  readonly keys: Iterator<void>;
}

/** `writtenBy` of a key that no snapshot holds. */
const NEVER = 0xffff_ffff;

/** As many as recent events are likely to be of, at about 1 KB each. */
const MAX_AWAKE = 32_768;

export interface KeyedStateOptions {
  /** Keys awake at once; default 32,768. */
  readonly maxAwake?: number;
}

/**
 * State by key of one operator: key groups, one deadline per key, and snapshots of what changed that do not
 * stop the world (copy on write, as Flink's heap backend).
 *
 * A key is awake, an object that its owner works with, or it rests: the bytes that a snapshot holds of it, in an
 * arena, at a third of the size and nothing to the garbage collector. A snapshot lays to rest what it writes; so
 * does, key by key, the need for room when many are awake. Asking for a key wakes it. An entry is the owner's until
 * the next key is asked for; the owner calls `touch` before it changes one.
 */
export class KeyedState<E extends KeyEntry> implements Snapshotable {
  readonly #format: EntryFormat<E>;
  readonly #maxAwake: number;
  readonly #keys = new KeyTable((slot, id) => this.#isKey(slot, id));
  readonly #deadlines = new DeadlineQueue();
  /** By slot: undefined where the key rests, and in free slots. */
  readonly #awake: (E | undefined)[] = [];
  /** By slot, records: of keys that rest, and of those awake that did not change since. */
  readonly #records = new ValueArena();
  #awakeCount = 0;
  /** Where the search for a key to rest goes on. */
  #hand = 0;
  readonly #record = new BinaryWriter();
  /** The key asked for last, and its hash. */
  #askedId = '';
  #askedHash = hashOf('');

  // what changed: by slot the snapshot that will hold the last change, 0 when unchanged since it was restored,
  #changedFor = new Uint32Array();
  // and the last snapshot that holds the key, 0 for one before the restore.
  #writtenBy = new Uint32Array();
  /** The number that the next snapshot will have. */
  #next = 1;
  /** Slots that changed for the next snapshot, each once; the key may have gone since. */
  #changed: number[] = [];
  /** Keys of earlier snapshots that have gone since the last. */
  #gone = new Set<string>();
  #running: Running | undefined;

  constructor(format: EntryFormat<E>, { maxAwake = MAX_AWAKE }: KeyedStateOptions = {}) {
    this.#format = format;
    this.#maxAwake = maxAwake;
  }

  get size(): number {
    return this.#keys.size;
  }

  sizeOfGroup(group: number): number {
    return this.#keys.sizeOfGroup(group);
  }

  get footprint(): Footprint {
    const { aliveBytes, heldBytes } = this.#records;
    return { awake: this.#awakeCount, aliveBytes, heldBytes, deadlines: this.#deadlines.size, slots: this.#keys.slots };
  }

  get(id: string): E | undefined {
    const slot = this.#find(id);
    return slot === NO_SLOT ? undefined : this.#wake(slot, id);
  }

  /** All entries, one after the other: each is the caller's until the next; keys that rest do so again then. */
  *values(): Generator<E> {
    for (let group = 0; group < KEY_GROUPS; group++) {
      for (const slot of this.#keys.slotsOfGroup(group)) {
        const awake = this.#awake[slot];
        if (awake === undefined && !this.#records.has(slot)) continue;
        const entry = awake ?? this.#read(slot);
        yield entry;
        if (awake === undefined && this.#awake[slot] === entry) this.#rest(slot, entry);
      }
    }
  }

  /** A key that has no entry gets one. */
  add(entry: E): void {
    this.#makeRoom();
    const { id } = entry;
    const slot = this.#newSlot(id);
    this.#writtenBy[slot] = this.#gone.size > 0 && this.#gone.delete(id) ? 0 : NEVER;
    this.#hold(slot, entry);
    this.#markChanged(slot);
  }

  /** To be called before an entry changes: a snapshot that still waits for it gets it as it is. */
  touch({ slot }: E): void {
    if (this.#changedFor[slot] !== this.#next) {
      this.#writeIfDue(slot);
      this.#markChanged(slot);
    }
    if (this.#records.has(slot)) this.#records.delete(slot);
  }

  forget({ slot, id }: E): void {
    this.#writeIfDue(slot);
    if (this.#writtenBy[slot] !== NEVER) this.#gone.add(id);
    this.#remove(slot);
  }

  // deadlines

  /** When a key is to be looked at next, epoch ms; Infinity: never. */
  get earliest(): number {
    return this.#deadlines.earliest;
  }

  /** Takes out the entry to look at; its deadline may have moved to later since. There must be one. */
  takeEarliest(): E {
    return this.#wake(this.#deadlines.take());
  }

  /** Moved lazily: a later deadline leaves the earlier place in the queue, and is found when that is taken. */
  schedule({ slot }: E, deadline: number): void {
    if (deadline < this.#deadlines.deadlineOf(slot)) this.#deadlines.schedule(slot, deadline);
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
    const slot = this.#newSlot(id);
    this.#changedFor[slot] = 0;
    this.#writtenBy[slot] = 0;
    this.#record.reset();
    this.#record.text(id);
    this.#record.raw(from.rest());
    this.#records.set(slot, this.#record.view());
    const entry = this.#format.read(id, from);
    this.#format.restored?.(entry);
    this.#deadlines.schedule(slot, this.#format.deadlineOf(entry));
  }

  discard(id: string): void {
    const slot = this.#find(id);
    if (slot !== NO_SLOT) this.#remove(slot);
  }

  discardGroup(group: number): void {
    for (const slot of this.#keys.slotsOfGroup(group)) this.#remove(slot);
  }

  /** One step per key looked at. Slots that are free by now are passed over, and those that have a new key. */
  *#writeAll(sink: SnapshotSink, whole: ReadonlySet<number>, changed: readonly number[], gone: ReadonlySet<string>): Generator<void> {
    for (const id of gone) {
      sink.delete(id);
      yield;
    }
    for (const slot of changed) {
      this.#writeIfDue(slot, true);
      yield;
    }
    for (const group of whole) {
      for (const slot of this.#keys.slotsOfGroup(group)) {
        this.#writeIfDue(slot, true);
        yield;
      }
    }
  }

  #writeIfDue(slot: number, rests = false): void {
    const running = this.#running;
    if (running === undefined || !this.#isDue(slot, running)) return;
    const entry = this.#awake[slot];
    const known = this.#records.has(slot);
    if (entry === undefined && !known) return;
    const record = known ? this.#records.get(slot) : this.#encode(entry as E);
    running.sink.putRecord(this.#keys.groupOf(slot), record);
    this.#writtenBy[slot] = running.number;
    if (entry === undefined || !rests) return;
    if (!known) this.#records.set(slot, record);
    this.#letGo(slot);
  }

  #isDue(slot: number, { number, whole }: Running): boolean {
    if (this.#writtenBy[slot] === number || this.#changedFor[slot] > number) return false;
    return this.#changedFor[slot] === number || whole.has(this.#keys.groupOf(slot));
  }

  #markChanged(slot: number): void {
    // A slot may have been marked for a key before: one that comes and goes must not make the list grow.
    if (this.#changedFor[slot] !== this.#next) this.#changed.push(slot);
    this.#changedFor[slot] = this.#next;
  }

  // keys

  #find(id: string): number {
    this.#askedHash = hashOf(id);
    this.#askedId = id;
    return this.#keys.find(id, this.#askedHash);
  }

  #newSlot(id: string): number {
    const slot = this.#keys.add(id === this.#askedId ? this.#askedHash : hashOf(id));
    if (slot === this.#awake.length) this.#awake.push(undefined);
    if (slot >= this.#changedFor.length) {
      this.#changedFor = grown(this.#changedFor, slot + 1);
      this.#writtenBy = grown(this.#writtenBy, slot + 1);
    }
    return slot;
  }

  #isKey(slot: number, id: string): boolean {
    const entry = this.#awake[slot];
    return entry === undefined ? isTextAt(this.#records.chunkOf(slot), this.#records.startOf(slot), id) : entry.id === id;
  }

  #remove(slot: number): void {
    if (this.#format.removed !== undefined) this.#format.removed(this.#awake[slot] ?? this.#read(slot));
    if (this.#awake[slot] !== undefined) this.#letGo(slot);
    if (this.#records.has(slot)) this.#records.delete(slot);
    this.#deadlines.remove(slot);
    this.#keys.remove(slot);
  }

  // waking and resting

  #wake(slot: number, id?: string): E {
    const awake = this.#awake[slot];
    if (awake !== undefined) {
      awake.used = true;
      return awake;
    }
    this.#makeRoom();
    return this.#read(slot, id);
  }

  #read(slot: number, id?: string): E {
    const record = this.#records.reader(slot);
    const text = record.text();
    const entry = this.#format.read(id ?? text, record);
    this.#hold(slot, entry);
    return entry;
  }

  #hold(slot: number, entry: E): void {
    entry.slot = slot;
    this.#awake[slot] = entry;
    this.#awakeCount++;
  }

  #letGo(slot: number): void {
    this.#awake[slot] = undefined;
    this.#awakeCount--;
  }

  #rest(slot: number, entry: E): void {
    if (!this.#records.has(slot)) this.#records.set(slot, this.#encode(entry));
    this.#letGo(slot);
  }

  /** Second chance (Corbató 1968): the next key rests that was not asked for since the search came by. */
  #makeRoom(): void {
    while (this.#awakeCount >= this.#maxAwake) {
      if (++this.#hand >= this.#awake.length) this.#hand = 0;
      const entry = this.#awake[this.#hand];
      if (entry === undefined) continue;
      if (entry.used) entry.used = false;
      else this.#rest(this.#hand, entry);
    }
  }

  /** Valid until the next call. */
  #encode(entry: E): Uint8Array {
    this.#record.reset();
    this.#record.text(entry.id);
    this.#format.write(entry, this.#record);
    return this.#record.view();
  }
}
