import type { Database } from '../database.js';
import { storableText } from '../sql/text.js';
import { DeadLetterRow } from './entities.js';

export interface DeadLetterFilter {
  readonly stream?: string;
  readonly code?: string;
  /** Only letters with a lower id: the last id of the page before. */
  readonly cursor?: number;
}

/** Reads the events that could not be used. */
export class DeadLetterRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Newest first. */
  list(filter: DeadLetterFilter, limit: number): Promise<readonly DeadLetterRow[]> {
    const query = this.#database.source.manager.createQueryBuilder(DeadLetterRow, 'd').orderBy('d.id', 'DESC').limit(limit);
    if (filter.stream !== undefined) query.andWhere('d.stream = :stream', { stream: storableText(filter.stream) });
    if (filter.code !== undefined) query.andWhere('d.code = :code', { code: storableText(filter.code) });
    if (filter.cursor !== undefined) query.andWhere('d.id < :cursor', { cursor: filter.cursor });
    return query.getMany();
  }

  async get(id: number): Promise<DeadLetterRow | undefined> {
    return (await this.#database.source.manager.findOneBy(DeadLetterRow, { id })) ?? undefined;
  }
}
