import type { ClientBase } from 'pg';
import type { Positions } from '../../runtime/ports/outputs.js';
import type { Lease } from '../lease.js';
import { fromJsonBytes } from '../sql/text.js';
import { dropSegments } from './segments.js';

export interface Retention {
  /** Events and request keys are kept this long, ms. Default 24 h. */
  readonly retentionMs?: number;
  /** Bytes of all partitions' events together; beyond it the oldest go before their time. No limit by default. */
  readonly retentionBytes?: number;
  /** Alerts are kept this long, ms, and until every sink has had them. For ever by default. */
  readonly alertsMs?: number;
  /** Dead letters are kept this long, ms. For ever by default. */
  readonly deadLettersMs?: number;
}

const DAY = 86_400_000;
/** Rows deleted by one statement, so that none holds its locks for long. */
const DELETE_ROWS = 1_000;
/** Completed checkpoints that stay listed although nothing needs them. */
const LISTED = 100;
/**
 * A stream that the newest checkpoint does not name had no reader when it was made; events that came shortly
 * before it may belong to a stream just created, and stay.
 */
const UNNAMED_GRACE = 60_000;

interface Kept {
  readonly id: number;
  readonly kind: string;
  readonly oldest_needed: number;
  readonly journal_sequence: number;
  readonly needed_offsets: Buffer;
  readonly completed_at: number;
  readonly alert_number: number;
}

/**
 * Drops what neither the newest checkpoint nor a savepoint needs, and events past their retention, but never
 * one that the newest checkpoint would read again. Without a checkpoint nothing is dropped.
 */
export async function clean(lease: Lease, retention: Retention): Promise<void> {
  const { pool } = lease.database;
  const { rows: kept } = await pool.query<Kept>(
    `SELECT id, kind, oldest_needed, journal_sequence, needed_offsets, completed_at, alert_number FROM checkpoint WHERE job = $1 AND shard = $2
     AND (kind = 'savepoint' OR id = (SELECT max(id) FROM checkpoint WHERE job = $1 AND shard = $2)) ORDER BY id DESC`,
    [lease.job, lease.shard],
  );
  if (kept.length === 0) return;
  const [newest] = kept;
  await cleanCheckpoints(lease, kept, newest);
  // A checkpoint that is being written has an id above the newest.
  await dropSegments(lease, [
    ...kept.map((each) => ({ oldest: each.oldest_needed, newest: each.id })),
    { oldest: newest.id, newest: Number.MAX_SAFE_INTEGER },
  ]);
  await cleanLog(lease, retention, newest);
  if (retention.alertsMs !== undefined) await cleanAlerts(lease, Date.now() - retention.alertsMs, newest.alert_number);
  // What replay may give again must be known as given: letters since shortly before the newest checkpoint stay.
  if (retention.deadLettersMs !== undefined)
    await cleanDeadLetters(lease, Math.min(Date.now() - retention.deadLettersMs, newest.completed_at - UNNAMED_GRACE));
}

async function cleanCheckpoints(lease: Lease, kept: readonly Kept[], newest: Kept): Promise<void> {
  const journal = Math.min(...kept.map((each) => each.journal_sequence));
  const listed = Math.min(newest.id - LISTED, ...kept.map((each) => each.oldest_needed));
  await checked(lease, async (client) => {
    await client.query('DELETE FROM journal WHERE job = $1 AND shard = $2 AND sequence <= $3', [lease.job, lease.shard, journal]);
    await client.query("DELETE FROM checkpoint WHERE job = $1 AND shard = $2 AND id < $3 AND kind <> 'savepoint'", [
      lease.job,
      lease.shard,
      listed,
    ]);
  });
}

async function cleanLog(lease: Lease, retention: Retention, newest: Kept): Promise<void> {
  const needed = fromJsonBytes<Positions>(newest.needed_offsets);
  const oldest = Date.now() - (retention.retentionMs ?? DAY);
  const cut = Math.max(oldest, await sizeCut(lease, retention.retentionBytes));
  const { rows } = await lease.database.pool.query<{ stream: string; partition: number; dropped: boolean }>(
    'SELECT stream, partition, dropped FROM log_partition',
  );
  for (const { stream, partition, dropped } of rows) {
    const below = needed[`${stream}/${partition}`];
    const unnamedCut = newest.completed_at - UNNAMED_GRACE;
    const before = below === undefined ? Math.min(cut, unnamedCut) : dropped ? Number.MAX_SAFE_INTEGER : cut;
    await deleteChunks(lease, stream, partition, before, below ?? Number.MAX_SAFE_INTEGER);
  }
  await checked(lease, (client) => client.query('DELETE FROM request_progress WHERE updated_at < $1', [oldest]));
}

/** Never beyond what the newest checkpoint covers, or a sink has still to read: a sink that is down costs disk. */
async function cleanAlerts(lease: Lease, before: number, covered: number): Promise<void> {
  await deleteInParts(
    lease,
    `DELETE FROM alert WHERE (job, shard, number) IN (
       SELECT job, shard, number FROM alert
       WHERE job = $1 AND shard = $2 AND number <= least($4::bigint, (SELECT min(number) FROM sink_cursor))
       ORDER BY number LIMIT ${DELETE_ROWS}) AND detected_at < $3`,
    [lease.job, lease.shard, before, covered],
  );
  await checked(lease, async (client) => {
    await client.query('DELETE FROM alert_state AS s WHERE at < $1 AND NOT EXISTS (SELECT FROM alert WHERE id = s.alert)', [before]);
    await client.query('DELETE FROM snooze WHERE until < $1', [before]);
  });
}

function cleanDeadLetters(lease: Lease, before: number): Promise<void> {
  return deleteInParts(
    lease,
    `DELETE FROM dead_letter WHERE id IN (SELECT id FROM dead_letter ORDER BY id LIMIT ${DELETE_ROWS}) AND received_at < $1`,
    [before],
  );
}

/** The arrival time up to which chunks must go for the others to be within `limit` bytes. */
async function sizeCut(lease: Lease, limit: number | undefined): Promise<number> {
  if (limit === undefined) return 0;
  const { rows } = await lease.database.pool.query<{ cut: number | null }>(
    `SELECT max(arrival_time) + 1 AS cut FROM (
       SELECT arrival_time, sum(bytes) OVER (ORDER BY arrival_time DESC, stream, partition, first_offset DESC) AS total FROM log_chunk) AS chunk
     WHERE total > $1`,
    [limit],
  );
  return rows[0].cut ?? 0;
}

/** Deletes the chunks that arrived before `time` and end at or below `offset`. */
function deleteChunks(lease: Lease, stream: string, partition: number, time: number, offset: number): Promise<void> {
  return deleteInParts(
    lease,
    `DELETE FROM log_chunk WHERE (stream, partition, first_offset) IN (
       SELECT stream, partition, first_offset FROM log_chunk
       WHERE stream = $1 AND partition = $2 AND first_offset + count <= $4
       ORDER BY first_offset LIMIT ${DELETE_ROWS}) AND arrival_time < $3`,
    [stream, partition, time, offset],
  );
}

/** Runs a statement that deletes at most DELETE_ROWS, oldest first, until it has found fewer. */
async function deleteInParts(lease: Lease, statement: string, values: readonly unknown[]): Promise<void> {
  let deleted: number;
  do {
    deleted = await checked(lease, async (client) => (await client.query(statement, [...values])).rowCount ?? 0);
  } while (deleted === DELETE_ROWS);
}

function checked<T>(lease: Lease, work: (client: ClientBase) => Promise<T>): Promise<T> {
  return lease.database.transaction(async (client) => {
    await lease.check(client);
    return work(client);
  });
}
