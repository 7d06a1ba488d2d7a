import { type EntityManager, IsNull, MoreThan } from 'typeorm';
import { readJson } from '../../engine/event/json-reader.js';
import { type ListKey, type ListUpdate, type ListVersion, toJsonText } from '../../engine/expr/index.js';
import type { ListEntry } from '../../engine/rule/list-entries.js';
import type { ListCatalog } from '../../runtime/ports/stores.js';
import { type Author, noteChange } from '../access/audit-log.js';
import type { Database } from '../database.js';
import { StorageError } from '../errors.js';
import { ReferenceListEntryRow, ReferenceListRow } from './entities.js';

export interface ListHead {
  readonly name: string;
  readonly version: number;
  /** Entries. */
  readonly size: number;
  /** Epoch ms. */
  readonly updatedAt: number;
}

export interface ListContent {
  readonly put: readonly ListEntry[];
  /** `others`: whatever is not put. */
  readonly remove: readonly ListKey[] | 'others';
}

export interface ChangedList {
  readonly head: ListHead;
  /** There was none of this name. */
  readonly created: boolean;
  /** False when it held all that already: no new version then. */
  readonly changed: boolean;
}

/** Rows of one statement. */
const PART = 10_000;

interface Alive {
  readonly key: string;
  readonly value: Buffer;
}

/** Reference lists as users want them, with what they were as long as a recovery may need it. */
export class ReferenceLists implements ListCatalog {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async lists(): Promise<readonly ListVersion[]> {
    const rows = await this.#manager.find(ReferenceListRow, { order: { name: 'ASC' } });
    return rows.map(({ name, currentVersion, deleted }) => ({ list: name, version: currentVersion, deleted }));
  }

  /** By name. */
  async heads(): Promise<readonly ListHead[]> {
    return (await this.#manager.find(ReferenceListRow, { where: { deleted: false }, order: { name: 'ASC' } })).map(asHead);
  }

  async head(name: string): Promise<ListHead | undefined> {
    const row = await this.#manager.findOneBy(ReferenceListRow, { name, deleted: false });
    return row === null ? undefined : asHead(row);
  }

  async entry(list: string, key: ListKey): Promise<ListEntry | undefined> {
    const row = await this.#manager.findOneBy(ReferenceListEntryRow, { list, key: toJsonText(key), until: IsNull() });
    return row === null ? undefined : asEntry(row);
  }

  /** In the order of their keys' JSON texts, after that of the `cursor`. */
  async entries(list: string, cursor: string | undefined, limit: number): Promise<readonly ListEntry[]> {
    const after = cursor === undefined ? {} : { key: MoreThan(cursor) };
    const rows = await this.#manager.find(ReferenceListEntryRow, {
      where: { list, until: IsNull(), ...after },
      order: { key: 'ASC' },
      take: limit,
    });
    return rows.map(asEntry);
  }

  async update(list: string, since: number | undefined, version: number): Promise<Pick<ListUpdate, 'put' | 'removed'>> {
    const { pool } = this.#database;
    const put = await pool.query<Alive>(
      'SELECT key, value FROM reference_list_entry WHERE list = $1 AND since > $2 AND since <= $3 AND (until IS NULL OR until > $3)',
      [list, since ?? 0, version],
    );
    const removed =
      since === undefined
        ? []
        : (
            await pool.query<Alive>('SELECT key FROM reference_list_entry WHERE list = $1 AND since <= $2 AND until > $2 AND until <= $3', [
              list,
              since,
              version,
            ])
          ).rows;
    return {
      put: put.rows.map(({ key, value }) => [keyOf(key), valueOf(value)] as const),
      removed: removed.map(({ key }) => keyOf(key)),
    };
  }

  async forgetBefore(versions: readonly ListVersion[]): Promise<void> {
    for (const { list, version } of versions)
      await this.#database.pool.query('DELETE FROM reference_list_entry WHERE list = $1 AND until <= $2', [list, version]);
  }

  /**
   * Makes the list if there is none. Throws StorageError `list-too-long` when it would have more than `maxEntries`,
   * `list-not-found` when there is none and `make` is false.
   */
  change(name: string, content: ListContent, options: { maxEntries: number; make: boolean }, by: Author): Promise<ChangedList> {
    return this.#database.source.transaction(async (manager) => {
      const row = await locked(manager, name);
      const created = row.deleted;
      if (created && !options.make) throw new StorageError('list-not-found', `there is no list ${name}: PUT /v1/lists/${name} makes one`);
      const { closed, added, removed } = await differences(manager, name, content);
      if (!created && closed.length === 0 && added.length === 0) return { head: asHead(row), created, changed: false };
      const version = row.currentVersion + 1;
      const size = row.size - closed.length + added.length;
      if (size > options.maxEntries)
        throw new StorageError('list-too-long', `list ${name} would have ${size} entries, at most ${options.maxEntries} may be in one`);
      await close(manager, name, version, closed);
      await add(manager, name, version, added);
      await manager.save(Object.assign(row, { currentVersion: version, deleted: false, size, updatedAt: Date.now() }));
      const action = created ? 'list-created' : 'list-changed';
      await noteChange(manager, by, { action, kind: 'list', name, version, detail: { put: added.length, removed } });
      return { head: asHead(row), created, changed: true };
    });
  }

  /** Undefined when there is none. */
  delete(name: string, by: Author): Promise<ListVersion | undefined> {
    return this.#database.source.transaction(async (manager) => {
      const row = await manager.findOne(ReferenceListRow, { where: { name, deleted: false }, lock: { mode: 'pessimistic_write' } });
      if (row === null) return undefined;
      const version = row.currentVersion + 1;
      await manager.query('UPDATE reference_list_entry SET until = $2 WHERE list = $1 AND until IS NULL', [name, version]);
      await manager.save(Object.assign(row, { currentVersion: version, deleted: true, size: 0, updatedAt: Date.now() }));
      await noteChange(manager, by, { action: 'list-deleted', kind: 'list', name, version });
      return { list: name, version, deleted: true };
    });
  }

  get #manager(): EntityManager {
    return this.#database.source.manager;
  }
}

async function locked(manager: EntityManager, name: string): Promise<ReferenceListRow> {
  const none = { name, currentVersion: 0, deleted: true, size: 0, updatedAt: Date.now() };
  await manager.createQueryBuilder().insert().into(ReferenceListRow).values(none).orIgnore().execute();
  return manager.findOneOrFail(ReferenceListRow, { where: { name }, lock: { mode: 'pessimistic_write' } });
}

/** Keys whose entry ends, entries that begin, and how many of the former have no successor. */
async function differences(
  manager: EntityManager,
  list: string,
  { put, remove }: ListContent,
): Promise<{ closed: string[]; added: Alive[]; removed: number }> {
  const wanted = new Map(put.map(({ key, value }) => [toJsonText(key), Buffer.from(toJsonText(value))]));
  const gone = remove === 'others' ? [] : remove.map(toJsonText);
  const known = await alive(manager, list, remove === 'others' ? undefined : [...wanted.keys(), ...gone]);
  const added = [...wanted].flatMap(([key, value]) => (known.get(key)?.equals(value) ? [] : [{ key, value }]));
  const replaced = added.flatMap(({ key }) => (known.has(key) ? [key] : []));
  const dropped = (remove === 'others' ? [...known.keys()] : gone).filter((key) => known.has(key) && !wanted.has(key));
  return { closed: [...replaced, ...dropped], added, removed: dropped.length };
}

/** All entries, or those of the keys. */
async function alive(manager: EntityManager, list: string, keys: readonly string[] | undefined): Promise<Map<string, Buffer>> {
  const found = await manager.query<Alive[]>(
    `SELECT key, value FROM reference_list_entry WHERE list = $1 AND until IS NULL ${keys === undefined ? '' : 'AND key = ANY($2)'}`,
    keys === undefined ? [list] : [list, keys],
  );
  return new Map(found.map(({ key, value }) => [key, value]));
}

async function close(manager: EntityManager, list: string, version: number, keys: readonly string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += PART)
    await manager.query('UPDATE reference_list_entry SET until = $2 WHERE list = $1 AND until IS NULL AND key = ANY($3)', [
      list,
      version,
      keys.slice(from, from + PART),
    ]);
}

async function add(manager: EntityManager, list: string, version: number, entries: readonly Alive[]): Promise<void> {
  for (let from = 0; from < entries.length; from += PART) {
    const part = entries.slice(from, from + PART);
    await manager.query(
      'INSERT INTO reference_list_entry (list, since, key, value) SELECT $1, $2, * FROM unnest($3::text[], $4::bytea[])',
      [list, version, part.map(({ key }) => key), part.map(({ value }) => value)],
    );
  }
}

function asHead({ name, currentVersion, size, updatedAt }: ReferenceListRow): ListHead {
  return { name, version: currentVersion, size, updatedAt };
}

function asEntry({ key, value }: ReferenceListEntryRow): ListEntry {
  return { key: keyOf(key), value: valueOf(value) };
}

function keyOf(text: string): ListKey {
  return readJson(text) as ListKey;
}

function valueOf(bytes: Buffer): unknown {
  return readJson(bytes.toString());
}
