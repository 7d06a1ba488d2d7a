import { BinaryReader, BinaryWriter } from '../../engine/state/binary.js';
import { plainSerializer } from '../../engine/state/serializer/plain-serializer.js';
import {
  type CheckpointKind,
  type CheckpointStorage,
  CheckpointStorageError,
  type CompletedCheckpoint,
} from '../../runtime/ports/checkpoint-storage.js';
import type { Database } from '../database.js';
import type { Lease } from '../lease.js';

export interface PostgresCheckpointOptions {
  /** postgres://user:password@host:port/database; its schema is brought up to date. */
  readonly url: string;
  /** Of the program, among those that use the database. */
  readonly name: string;
}

/** What stands in the metadata column. */
interface Stored {
  readonly triggerTimestamp: number;
  readonly metadata: Uint8Array;
}

interface Row {
  readonly id: number;
  readonly kind: CheckpointKind;
  readonly oldest_needed: number;
  readonly stored_bytes: number;
  readonly completed_at: number;
  readonly meta: Buffer;
}

interface Connection {
  readonly database: Database;
  readonly lease: Lease;
  readonly parts: typeof import('./postgres-parts.js');
}

/**
 * Checkpoints in the tables of the service's own: segments compressed in partitions, one row for each complete
 * checkpoint. A lease keeps a second process of the same program out; one that was taken for dead can write nothing.
 */
export class PostgresCheckpointStorage implements CheckpointStorage {
  #connection: Promise<Connection> | undefined;
  /** One after the other: two that make the same table partition at once would fail. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: PostgresCheckpointOptions) {}

  /** @throws StorageError `shard-owned` when another process runs this program */
  async open(): Promise<readonly CompletedCheckpoint[]> {
    const { lease, database, parts } = await this.#connected();
    const rows = await this.#rows();
    await database.transaction(async (client) => {
      await lease.check(client);
      await parts.dropUnfinishedSegments(client, lease, rows.at(-1)?.id ?? 0);
    });
    return rows.map(completedOf);
  }

  writeSegment(checkpointId: number, index: number, segment: Uint8Array): Promise<number> {
    const written = this.#writing.then(async () => {
      const { lease, parts } = await this.#connected();
      return parts.storeSegment(lease, checkpointId, index, segment);
    });
    this.#writing = written.catch(() => {});
    return written;
  }

  async complete(checkpoint: CompletedCheckpoint, metadata: Uint8Array): Promise<void> {
    const { lease, database } = await this.#connected();
    const { id, kind, triggerTimestamp, completedAt, oldestNeeded, bytes } = checkpoint;
    const out = new BinaryWriter(metadata.length + 64);
    plainSerializer.write({ triggerTimestamp, metadata } satisfies Stored, out);
    await database.transaction(async (client) => {
      await lease.check(client);
      await client.query(
        `INSERT INTO checkpoint (job, shard, id, kind, journal_sequence, oldest_needed, alert_number, meta, needed_offsets, stored_bytes, pause_ms, completed_at)
         VALUES ($1, $2, $3, $4, 0, $5, 0, $6, $7, $8, 0, $9)`,
        [lease.job, lease.shard, id, kind, oldestNeeded, out.toBytes(), Buffer.from('{}'), bytes, completedAt],
      );
    });
  }

  /** A later try, or the next `open`, removes what was written. */
  async abort(): Promise<void> {}

  async readMetadata(checkpointId: number): Promise<Uint8Array> {
    const row = (await this.#rows()).find(({ id }) => id === checkpointId);
    if (row === undefined) throw new CheckpointStorageError('checkpoint-not-found', `there is no checkpoint ${checkpointId}`);
    return storedOf(row).metadata;
  }

  async *segments(oldest: number, newest: number): AsyncGenerator<Uint8Array> {
    const { lease, parts } = await this.#connected();
    yield* parts.loadSegments(lease, oldest, newest);
  }

  /** Savepoints stay. */
  async dropBefore(oldest: number): Promise<void> {
    const { lease, database, parts } = await this.#connected();
    const limit = Math.min(oldest, Number.MAX_SAFE_INTEGER);
    await database.transaction(async (client) => {
      await lease.check(client);
      const where = "job = $1 AND shard = $2 AND id < $3 AND kind = 'checkpoint'";
      await client.query(`DELETE FROM checkpoint WHERE ${where}`, [lease.job, lease.shard, limit]);
    });
    const kept = (await this.#rows()).map(({ id, oldest_needed }) => ({ oldest: oldest_needed, newest: id }));
    await parts.dropSegments(lease, [...kept, { oldest: limit, newest: Number.MAX_SAFE_INTEGER }]);
  }

  async close(): Promise<void> {
    const connection = await this.#connection;
    this.#connection = undefined;
    await connection?.lease.release();
    await connection?.database.close();
  }

  #connected(): Promise<Connection> {
    return (this.#connection ??= connect(this.options));
  }

  /** Of complete checkpoints, oldest first. */
  async #rows(): Promise<Row[]> {
    const { lease, database } = await this.#connected();
    const { rows } = await database.pool.query<Row>(
      'SELECT id, kind, oldest_needed, stored_bytes, completed_at, meta FROM checkpoint WHERE job = $1 AND shard = $2 ORDER BY id',
      [lease.job, lease.shard],
    );
    return rows;
  }
}

/** PostgreSQL's client is loaded when it is needed: a program that keeps its checkpoints elsewhere starts without. */
async function connect({ url, name }: PostgresCheckpointOptions): Promise<Connection> {
  const parts = await import('./postgres-parts.js');
  const database = await parts.Database.open({ url });
  try {
    return { database, parts, lease: await parts.Lease.acquire(database, `program/${name}`, 0) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function completedOf(row: Row): CompletedCheckpoint {
  const { id, kind, oldest_needed, stored_bytes, completed_at } = row;
  const { triggerTimestamp } = storedOf(row);
  return { id, kind, triggerTimestamp, completedAt: completed_at, bytes: stored_bytes, oldestNeeded: oldest_needed };
}

function storedOf({ meta }: Row): Stored {
  return plainSerializer.read(new BinaryReader(meta), 1) as Stored;
}
