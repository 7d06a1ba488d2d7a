import { MoreThan } from 'typeorm';
import { type Author, noteChange } from '../access/audit-log.js';
import type { Database } from '../database.js';
import { storableText } from '../sql/text.js';
import { SnoozeRow } from './entities.js';

export type StoredSnooze = Readonly<SnoozeRow>;

/** Which rules, or keys of them, are not to be heard of for a while. */
export class SnoozeRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Those that are over, too, as long as they are kept. */
  async list(): Promise<readonly StoredSnooze[]> {
    const rows = await this.#database.source.manager.find(SnoozeRow, { order: { id: 'ASC' } });
    return rows.map(asNumbered);
  }

  add({ rule, key, until }: Pick<StoredSnooze, 'rule' | 'key' | 'until'>, note: string | null, by: Author): Promise<StoredSnooze> {
    return this.#database.source.transaction(async (manager) => {
      const row = {
        rule: storableText(rule),
        key,
        since: Date.now(),
        until,
        author: storableText(by.name),
        note: note && storableText(note),
      };
      const { identifiers } = await manager.insert(SnoozeRow, row);
      await noteChange(manager, by, { action: 'rule-snoozed', kind: 'rule', name: rule, detail: { key, until } });
      return asNumbered({ ...row, id: identifiers[0].id as number });
    });
  }

  /** Ends it now. Undefined when there is none of this id that is not over. */
  end(id: number, by: Author): Promise<StoredSnooze | undefined> {
    return this.#database.source.transaction(async (manager) => {
      const now = Date.now();
      const row = await manager.findOne(SnoozeRow, { where: { id, until: MoreThan(now) }, lock: { mode: 'pessimistic_write' } });
      if (row === null) return undefined;
      await manager.update(SnoozeRow, { id }, { until: now });
      await noteChange(manager, by, { action: 'rule-snooze-ended', kind: 'rule', name: row.rule, detail: { key: row.key } });
      return asNumbered({ ...row, until: now });
    });
  }
}

function asNumbered(row: SnoozeRow): StoredSnooze {
  return { ...row, id: Number(row.id) };
}
