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

/** What brings a list from one version to another; from no list at all when it puts every entry. */
export interface ListUpdate {
  readonly list: string;
  readonly version: number;
  /** Entries that are new or have another value. */
  readonly put: readonly (readonly [key: ListKey, value: unknown])[];
  readonly removed: readonly ListKey[];
  /** From this version on there is no such list. */
  readonly deleted: boolean;
}

/** Which version of a list a store holds; a deleted one is remembered, for its versions count on. */
export interface ListVersion {
  readonly list: string;
  readonly version: number;
  readonly deleted: boolean;
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
  readonly #versions = new Map<string, ListVersion>();

  list(name: string): NamedList | undefined {
    return this.#lists.get(name);
  }

  /** 0 for a list that has never been. */
  version(name: string): number {
    return this.#versions.get(name)?.version ?? 0;
  }

  versions(): ListVersion[] {
    return [...this.#versions.values()];
  }

  /** A version that is known already changes nothing. */
  apply({ list: name, version, put, removed, deleted }: ListUpdate): void {
    if (version <= this.version(name)) return;
    this.#versions.set(name, { list: name, version, deleted });
    if (deleted) return void this.#lists.delete(name);
    const list = this.#lists.get(name) ?? new MemoryList();
    this.#lists.set(name, list);
    for (const key of removed) list.entries.delete(keyOfMap(key));
    for (const [key, value] of put) list.entries.set(keyOfMap(key), value);
  }
}
