import { IsNull } from 'typeorm';
import type { Database } from '../database.js';
import { type Author, noteChange } from './audit-log.js';
import { ApiKeyRow } from './entities.js';

export type StoredKey = Readonly<ApiKeyRow>;

/** The stored keys of the API, revoked ones included: they are never removed. */
export class ApiKeyRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Oldest first. */
  list(): Promise<readonly StoredKey[]> {
    return this.#database.source.manager.find(ApiKeyRow, { order: { createdAt: 'ASC', id: 'ASC' } });
  }

  create(key: Omit<StoredKey, 'lastUsedAt' | 'revokedAt'>, by: Author): Promise<StoredKey> {
    return this.#database.source.transaction(async (manager) => {
      const row: ApiKeyRow = { ...key, lastUsedAt: null, revokedAt: null };
      await manager.insert(ApiKeyRow, row);
      const detail = { name: key.name, role: key.role, expiresAt: key.expiresAt };
      await noteChange(manager, by, { action: 'key-created', kind: 'key', name: key.id, detail });
      return row;
    });
  }

  /** The key may do nothing from now on. False when there is no such key. */
  revoke(id: string, by: Author): Promise<boolean> {
    return this.#database.source.transaction(async (manager) => {
      const { affected } = await manager.update(ApiKeyRow, { id, revokedAt: IsNull() }, { revokedAt: Date.now() });
      if (affected !== 0) await noteChange(manager, by, { action: 'key-revoked', kind: 'key', name: id });
      return affected !== 0 || manager.existsBy(ApiKeyRow, { id });
    });
  }

  async used(id: string, at: number): Promise<void> {
    await this.#database.source.manager.update(ApiKeyRow, { id }, { lastUsedAt: at });
  }
}
