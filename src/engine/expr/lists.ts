import { keyOfMap } from './runtime/values.js';

/** What an entry is found by; a BigInt that a double holds is the same key as the double. */
export type ListKey = string | number | bigint | boolean;

/**
 * The port behind `x in list("name")` and `lookup("name", key)`: the lists as a task sees them. What it answers may
 * change only between two events, with an entry of the journal: then a replay of the same events and journal finds
 * the same. A list that has not been made is undefined, which conditions see as an error.
 */
export interface ListStore {
  list(name: string): NamedList | undefined;
}

export interface NamedList {
  has(key: ListKey): boolean;
  /** The entry's value as read from JSON; undefined when there is no such entry. */
  get(key: ListKey): unknown;
}

/** A change of a list, as a journal would hold it. `put` makes the list if there is none. */
export type ListChange =
  | { readonly op: 'put'; readonly list: string; readonly key: ListKey; readonly value: unknown }
  | { readonly op: 'remove'; readonly list: string; readonly key: ListKey }
  | { readonly op: 'drop'; readonly list: string };

/** A store's whole content. JSON-safe but for keys that are BigInts. */
export interface ListsSnapshot {
  /** Number of changes applied since the first. */
  readonly version: number;
  readonly lists: readonly { readonly name: string; readonly entries: readonly (readonly [ListKey, unknown])[] }[];
}

/** No lists at all: what a table is built with when none are given. */
export const NO_LISTS: ListStore = Object.freeze({ list: () => undefined });

class MemoryList implements NamedList {
  readonly entries = new Map<unknown, unknown>();

  has(key: ListKey): boolean {
    return this.entries.has(keyOfMap(key));
  }

  get(key: ListKey): unknown {
    return this.entries.get(keyOfMap(key));
  }
}

/** Lists in memory. Single owner: the task that applies the journal. */
export class MemoryListStore implements ListStore {
  readonly #lists = new Map<string, MemoryList>();
  #version: number;

  constructor(from: ListsSnapshot = { version: 0, lists: [] }) {
    this.#version = from.version;
    for (const { name, entries } of from.lists) {
      const list = this.#made(name);
      for (const [key, value] of entries) list.entries.set(keyOfMap(key), value);
    }
  }

  get version(): number {
    return this.#version;
  }

  list(name: string): NamedList | undefined {
    return this.#lists.get(name);
  }

  apply(change: ListChange): void {
    this.#version++;
    if (change.op === 'drop') this.#lists.delete(change.list);
    else if (change.op === 'remove') this.#lists.get(change.list)?.entries.delete(keyOfMap(change.key));
    else this.#made(change.list).entries.set(keyOfMap(change.key), change.value);
  }

  snapshot(): ListsSnapshot {
    const lists = [...this.#lists].map(([name, { entries }]) => ({ name, entries: [...entries] as [ListKey, unknown][] }));
    return { version: this.#version, lists };
  }

  #made(name: string): MemoryList {
    const known = this.#lists.get(name);
    if (known !== undefined) return known;
    const made = new MemoryList();
    this.#lists.set(name, made);
    return made;
  }
}
