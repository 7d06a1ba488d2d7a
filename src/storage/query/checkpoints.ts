import { LessThan } from 'typeorm';
import type { Database } from '../database.js';
import { CheckpointRow } from './entities.js';

/** Reads the completed checkpoints of one shard. */
export class CheckpointRepository {
  readonly #database: Database;
  readonly #job: string;
  readonly #shard: number;

  constructor(database: Database, job: string, shard: number) {
    this.#database = database;
    this.#job = job;
    this.#shard = shard;
  }

  /** Newest first; those before a number. */
  list(limit: number, before?: number): Promise<readonly CheckpointRow[]> {
    const where = { job: this.#job, shard: this.#shard, ...(before !== undefined && { id: LessThan(before) }) };
    return this.#database.source.manager.find(CheckpointRow, { where, order: { id: 'DESC' }, take: limit });
  }
}
