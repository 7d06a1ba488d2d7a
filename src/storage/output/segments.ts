import { promisify } from 'node:util';
import { constants, deflate, inflate } from 'node:zlib';
import type { ClientBase } from 'pg';
import { StorageError } from '../errors.js';
import type { Lease } from '../lease.js';
import { textHash } from '../sql/text.js';

const compress = promisify(deflate);
const decompress = promisify(inflate);

/** Checkpoints whose segments share a table partition, which goes as a whole once none of them is needed. */
const PARTITION_WIDTH = 16;

/**
 * Stores the segments of a checkpoint from number `first` on, instead of what an earlier try under its id has left
 * there. One row each: few large rows beat many small ones. Returns the bytes stored.
 */
export async function storeSegments(lease: Lease, checkpoint: number, segments: readonly Uint8Array[], first: number): Promise<number> {
  await ensurePartition(lease, checkpoint);
  return lease.database.transaction(async (client) => {
    await lease.check(client);
    await client.query('DELETE FROM checkpoint_segment WHERE job = $1 AND shard = $2 AND checkpoint = $3 AND index >= $4', [
      lease.job,
      lease.shard,
      checkpoint,
      first,
    ]);
    let bytes = 0;
    let next = compressed(segments[0]);
    for (let index = 0; index < segments.length; index++) {
      const data = (await next)!;
      next = compressed(segments[index + 1]);
      await client.query('INSERT INTO checkpoint_segment (job, shard, checkpoint, index, data) VALUES ($1, $2, $3, $4, $5)', [
        lease.job,
        lease.shard,
        checkpoint,
        first + index,
        data,
      ]);
      bytes += data.length;
    }
    return bytes;
  });
}

/** One segment of a checkpoint, instead of what an earlier try has left in its place. Returns the bytes stored. */
export async function storeSegment(lease: Lease, checkpoint: number, index: number, segment: Uint8Array): Promise<number> {
  await ensurePartition(lease, checkpoint);
  const data = (await compressed(segment))!;
  await lease.database.transaction(async (client) => {
    await lease.check(client);
    await client.query(
      `INSERT INTO checkpoint_segment (job, shard, checkpoint, index, data) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (job, shard, checkpoint, index) DO UPDATE SET data = excluded.data`,
      [lease.job, lease.shard, checkpoint, index, data],
    );
  });
  return data.length;
}

/** On a thread of the pool, beside the insert before it; level 1 because a checkpoint is written often and read seldom. */
async function compressed(segment: Uint8Array | undefined): Promise<Buffer | undefined> {
  return segment && compress(segment, { level: constants.Z_BEST_SPEED });
}

/**
 * Segments of completed checkpoints in order of (checkpoint, index), decompressed, one in memory at a time.
 * @throws StorageError `checkpoint-damaged`
 */
export async function* loadSegments(lease: Lease, oldest: number, newest: number): AsyncGenerator<Uint8Array> {
  const { pool } = lease.database;
  const { rows } = await pool.query<{ checkpoint: number; index: number }>(
    `SELECT s.checkpoint, s.index FROM checkpoint_segment s JOIN checkpoint c ON (c.job, c.shard, c.id) = (s.job, s.shard, s.checkpoint)
     WHERE s.job = $1 AND s.shard = $2 AND s.checkpoint BETWEEN $3 AND $4 ORDER BY s.checkpoint, s.index`,
    [lease.job, lease.shard, oldest, newest],
  );
  rows.forEach(({ checkpoint, index }, row) => {
    const before = rows[row - 1]?.checkpoint === checkpoint ? rows[row - 1].index : -1;
    if (index !== before + 1) throw damaged(checkpoint, before + 1, `it is missing, the next is number ${index}`);
  });
  for (const { checkpoint, index } of rows) {
    const result = await pool.query<{ data: Buffer }>(
      'SELECT data FROM checkpoint_segment WHERE job = $1 AND shard = $2 AND checkpoint = $3 AND index = $4',
      [lease.job, lease.shard, checkpoint, index],
    );
    yield await decompress(result.rows[0].data).catch((error: Error) => {
      throw damaged(checkpoint, index, `its ${result.rows[0].data.length} bytes cannot be decompressed (${error.message})`);
    });
  }
}

function damaged(checkpoint: number, index: number, what: string): StorageError {
  return new StorageError(
    'checkpoint-damaged',
    `segment ${index} of checkpoint ${checkpoint} is damaged: ${what}; the database has to be restored from a backup`,
  );
}

/** What tries left that never completed; a checkpoint made after a recovery may get their ids. */
export async function dropUnfinishedSegments(client: ClientBase, lease: Lease, completed: number): Promise<void> {
  await client.query('DELETE FROM checkpoint_segment WHERE job = $1 AND shard = $2 AND checkpoint > $3', [
    lease.job,
    lease.shard,
    completed,
  ]);
}

/** Drops the table partitions none of whose checkpoints is in one of the ranges. */
export async function dropSegments(lease: Lease, needed: readonly { oldest: number; newest: number }[]): Promise<void> {
  const { rows } = await lease.database.pool.query<{ name: string }>(
    "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'checkpoint_segment'::regclass",
  );
  const prefix = partitionPrefix(lease);
  for (const { name } of rows) {
    const plain = name.replaceAll('"', '');
    if (!plain.startsWith(prefix)) continue;
    const from = Number(plain.slice(prefix.length)) * PARTITION_WIDTH;
    const until = from + PARTITION_WIDTH;
    if (needed.some(({ oldest, newest }) => oldest < until && newest >= from)) continue;
    await lease.database.transaction(async (client) => {
      await lease.check(client);
      await client.query(`DROP TABLE IF EXISTS ${name}`);
    });
  }
}

async function ensurePartition(lease: Lease, checkpoint: number): Promise<void> {
  const number = Math.floor(checkpoint / PARTITION_WIDTH);
  const name = `"${partitionPrefix(lease)}${number}"`;
  const { rows } = await lease.database.pool.query<{ present: boolean }>('SELECT to_regclass($1) IS NOT NULL AS present', [name]);
  if (rows[0].present) return;
  const bound = (id: number) => `(${quoted(lease.job)}, ${lease.shard}, ${id})`;
  await lease.database.transaction(async (client) => {
    await lease.check(client);
    await client.query(`CREATE TABLE IF NOT EXISTS ${name} PARTITION OF checkpoint_segment
      FOR VALUES FROM ${bound(number * PARTITION_WIDTH)} TO ${bound((number + 1) * PARTITION_WIDTH)}`);
  });
}

/** Names of tables are cut at 63 bytes and may not hold everything a job's name may: its hash stands for it. */
function partitionPrefix(lease: Lease): string {
  return `checkpoint_segment_${textHash(lease.job).toString('hex', 0, 8)}_${lease.shard}_`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
