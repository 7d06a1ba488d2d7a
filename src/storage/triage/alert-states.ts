import { In } from 'typeorm';
import { type Author, noteChange } from '../access/audit-log.js';
import type { Database } from '../database.js';
import { AlertRow } from '../query/entities.js';
import { storableText } from '../sql/text.js';
import { AlertStateRow } from './entities.js';

export const ALERT_STATES = ['open', 'acknowledged', 'resolved'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** What people have said about alerts. */
export class AlertStates {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Of those alerts that are not open, by id. */
  async of(alerts: readonly string[]): Promise<ReadonlyMap<string, Readonly<AlertStateRow>>> {
    if (alerts.length === 0) return new Map();
    const rows = await this.#database.source.manager.findBy(AlertStateRow, { alert: In([...alerts]) });
    return new Map(rows.map((row) => [row.alert, row]));
  }

  /** False when there is no such alert. */
  set(id: string, state: AlertState, note: string | null, by: Author): Promise<boolean> {
    const alert = storableText(id);
    return this.#database.source.transaction(async (manager) => {
      if (!(await manager.existsBy(AlertRow, { id: alert }))) return false;
      if (state === 'open') await manager.delete(AlertStateRow, { alert });
      else {
        const row = { alert, state, author: storableText(by.name), at: Date.now(), note: note === null ? null : storableText(note) };
        await manager.upsert(AlertStateRow, row, ['alert']);
      }
      const action = state === 'open' ? 'alert-reopened' : `alert-${state}`;
      await noteChange(manager, by, { action, kind: 'alert', name: alert, detail: note === null ? undefined : { note } });
      return true;
    });
  }
}
