import type { Database } from '../database.js';
import { SinkCursorRow } from './entities.js';

/** Up to which outbox number each sink has delivered; what a restarted sink goes on from. */
export class SinkCursorRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Undefined for a sink that never delivered. */
  async get(sink: string): Promise<number | undefined> {
    return (await this.#database.source.manager.findOneBy(SinkCursorRow, { sink }))?.number;
  }

  async set(sink: string, number: number): Promise<void> {
    await this.#database.source.manager.upsert(SinkCursorRow, { sink, number, updatedAt: Date.now() }, ['sink']);
  }
}
