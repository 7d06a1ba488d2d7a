import { type Author, noteChange } from '../access/audit-log.js';
import { SinkCursorRow } from '../query/entities.js';
import type { Database } from '../database.js';
import { fromJsonBytes, toJsonBytes } from '../sql/text.js';
import { SinkRow } from './entities.js';

export interface StoredSink {
  readonly name: string;
  /** As put, parsed, with its secrets. */
  readonly document: unknown;
}

/** Sinks as users want them. */
export class SinkRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(): Promise<readonly StoredSink[]> {
    const rows = await this.#database.source.manager.find(SinkRow, { order: { name: 'ASC' } });
    return rows.map(({ name, document }) => ({ name, document: fromJsonBytes(document) }));
  }

  /** `shown`: the document without its secrets, for the audit log. True when there was none of this name. */
  put(name: string, document: unknown, shown: unknown, by: Author): Promise<boolean> {
    return this.#database.source.transaction(async (manager) => {
      const created = !(await manager.existsBy(SinkRow, { name }));
      await manager.upsert(SinkRow, { name, document: toJsonBytes(document), updatedAt: Date.now() }, ['name']);
      const action = created ? 'sink-created' : 'sink-changed';
      await noteChange(manager, by, { action, kind: 'sink', name, detail: shown });
      return created;
    });
  }

  /** With its cursor: a sink of the same name made later starts at the outbox's end, and nothing is kept for this one. */
  async delete(name: string, by: Author): Promise<void> {
    await this.#database.source.transaction(async (manager) => {
      await manager.delete(SinkRow, { name });
      await manager.delete(SinkCursorRow, { sink: name });
      await noteChange(manager, by, { action: 'sink-deleted', kind: 'sink', name });
    });
  }
}
