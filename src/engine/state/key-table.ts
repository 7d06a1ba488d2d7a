import { grown } from './columns.js';
import { groupOf, KEY_GROUPS } from './key-group.js';

export const NO_SLOT = -1;

const NO_GROUP: Int32Array = new Int32Array();
const MIN_PLACES = 8;

/**
 * Numbers keys: each has a slot while it is in the table, a small number that is used again afterwards. Open
 * addressing with linear probing, a table for each key group, so that growing never moves all keys at once;
 * 12 to 20 bytes a key where a Map of strings takes 40 to 70. The keys themselves are elsewhere.
 */
export class KeyTable {
  /** By slot. */
  #hashes = new Uint32Array();
  /** By group: slot + 1, 0 where there is none. A power of two, at most three quarters full. */
  readonly #places: Int32Array[] = new Array<Int32Array>(KEY_GROUPS).fill(NO_GROUP);
  readonly #counts = new Uint32Array(KEY_GROUPS);
  readonly #freeSlots: number[] = [];
  #slots = 0;

  constructor(
    /** Whether the key of the slot is this one; their hashes are equal. */
    readonly isKey: (slot: number, key: string) => boolean,
  ) {}

  get size(): number {
    return this.#slots - this.#freeSlots.length;
  }

  /** Slots are below. */
  get slots(): number {
    return this.#slots;
  }

  sizeOfGroup(group: number): number {
    return this.#counts[group];
  }

  groupOf(slot: number): number {
    return groupOf(this.#hashes[slot]);
  }

  /** The key's slot, or NO_SLOT. */
  find(key: string, hash: number): number {
    const places = this.#places[groupOf(hash)];
    const mask = places.length - 1;
    if (mask < 0) return NO_SLOT;
    for (let at = home(hash) & mask; places[at] !== 0; at = (at + 1) & mask) {
      const slot = places[at] - 1;
      if (this.#hashes[slot] === hash && this.isKey(slot, key)) return slot;
    }
    return NO_SLOT;
  }

  /** A slot for a key that has none. */
  add(hash: number): number {
    const slot = this.#freeSlots.pop() ?? this.#slots++;
    if (slot >= this.#hashes.length) this.#hashes = grown(this.#hashes, slot + 1);
    this.#hashes[slot] = hash;
    const group = groupOf(hash);
    const count = ++this.#counts[group];
    if (count > this.#places[group].length * 0.75) this.#resize(group, Math.max(MIN_PLACES, this.#places[group].length * 2));
    this.#insert(this.#places[group], slot);
    return slot;
  }

  remove(slot: number): void {
    const group = this.groupOf(slot);
    const places = this.#places[group];
    const mask = places.length - 1;
    let gap = home(this.#hashes[slot]) & mask;
    while (places[gap] !== slot + 1) gap = (gap + 1) & mask;
    // Those behind move up, unless they stand between their home and the gap (Knuth, Algorithm R of section 6.4).
    for (let at = (gap + 1) & mask; places[at] !== 0; at = (at + 1) & mask) {
      const distance = (at - home(this.#hashes[places[at] - 1])) & mask;
      if (distance < ((at - gap) & mask)) continue;
      places[gap] = places[at];
      gap = at;
    }
    places[gap] = 0;
    this.#freeSlots.push(slot);
    const count = --this.#counts[group];
    if (count === 0) this.#places[group] = NO_GROUP;
    else if (places.length > MIN_PLACES && count < places.length / 8) this.#resize(group, places.length / 2);
  }

  /** The slots of a group's keys: a copy, so that keys may come and go meanwhile. */
  slotsOfGroup(group: number): Int32Array {
    const slots = new Int32Array(this.#counts[group]);
    let count = 0;
    for (const place of this.#places[group]) if (place !== 0) slots[count++] = place - 1;
    return slots;
  }

  #resize(group: number, length: number): void {
    const places = new Int32Array(length);
    for (const place of this.#places[group]) if (place !== 0) this.#insert(places, place - 1);
    this.#places[group] = places;
  }

  #insert(places: Int32Array, slot: number): void {
    const mask = places.length - 1;
    let at = home(this.#hashes[slot]) & mask;
    while (places[at] !== 0) at = (at + 1) & mask;
    places[at] = slot + 1;
  }
}

/** Where a key is looked for first: keys of a group have the low bits of their hashes in common. */
function home(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x85eb_ca6b);
  return mixed ^ (mixed >>> 13);
}
