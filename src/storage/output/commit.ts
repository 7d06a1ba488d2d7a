import type { PoolClient } from 'pg';
import { failpoint } from '../../runtime/failpoint.js';
import type { CheckpointOutput, DeadLetterOutput, JournalEntry, Output } from '../../runtime/ports/outputs.js';
import type { OutboxRow } from '../../runtime/ports/stores.js';
import type { Lease } from '../lease.js';
import { insertDeadLetters } from '../sql/dead-letter-rows.js';
import { asBuffer, insertRows } from '../sql/rows.js';
import { storableText, toJsonBytes } from '../sql/text.js';
import type { Coverage } from './coverage.js';

const JOURNAL_COLUMNS = ['job', 'shard', 'sequence', 'kind', 'positions', 'payload', 'recorded_at'];
const ALERT_COLUMNS = [
  'job',
  'shard',
  'number',
  'id',
  'rule',
  'rule_version',
  'kind',
  'severity',
  'key',
  'shadow',
  'detected_at',
  'body',
  'explanation',
];

export interface Written {
  /** The alerts that are new, numbered. */
  readonly rows: OutboxRow[];
  /** By checkpoint: the highest number of those before its barrier. */
  readonly covered: ReadonlyMap<number, number>;
  /** Ids of those that were there before. */
  readonly known: ReadonlySet<string>;
}

/**
 * Writes outputs in one transaction, given by the caller. Outputs that are there already, because an earlier
 * commit of them was taken for failed, are left as they are.
 */
export async function writeOutputs(client: PoolClient, lease: Lease, outputs: readonly Output[], coverage: Coverage): Promise<Written> {
  const now = Date.now();
  const journal: JournalEntry[] = [];
  const letters: DeadLetterOutput[] = [];
  for (const output of outputs) {
    if (output.type === 'journal') journal.push(output.entry);
    if (output.type === 'deadLetter') letters.push(output.deadLetter);
  }
  await writeJournal(client, lease, journal, now);
  await insertDeadLetters(client, letters, now);
  return writeAlerts(client, lease, outputs, coverage, now);
}

/** An entry of the same number and content counts as written; one of other content would falsify replay. */
async function writeJournal(client: PoolClient, lease: Lease, entries: readonly JournalEntry[], now: number): Promise<void> {
  const rows = entries.map(({ sequence, payload, positions }) => [
    lease.job,
    lease.shard,
    sequence,
    payload.kind,
    toJsonBytes(positions),
    toJsonBytes(payload),
    now,
  ]);
  const written = await insertRows<{ sequence: number }>(
    client,
    'journal',
    JOURNAL_COLUMNS,
    rows,
    `ON CONFLICT (job, shard, sequence) DO UPDATE SET recorded_at = journal.recorded_at
     WHERE journal.payload = excluded.payload AND journal.positions = excluded.positions RETURNING sequence`,
  );
  if (written.length !== entries.length)
    throw new Error(`journal ${lease.job}/${lease.shard} holds another entry from ${entries[0].sequence} on`);
  for (const { payload } of entries) if (payload.kind === 'rule-paused' && payload.reason !== 'user') await pauseRule(client, payload, now);
}

/** What the engine stopped is paused for users in the same transaction; a version stored meanwhile is not meant. */
async function pauseRule(client: PoolClient, { rule, version }: { rule: string; version: number }, now: number): Promise<void> {
  await client.query(
    `UPDATE rule SET status = 'paused', updated_at = $3 WHERE id = $1 AND current_version = $2 AND status IN ('active', 'shadow')`,
    [rule, version, now],
  );
}

/** A barrier among the alerts: its checkpoint covers those before it. */
async function writeAlerts(
  client: PoolClient,
  lease: Lease,
  outputs: readonly Output[],
  coverage: Coverage,
  now: number,
): Promise<Written> {
  const known = await knownIds(client, outputs);
  const emitted = new Set(known);
  let last = await lastNumber(client, lease);
  const rows: OutboxRow[] = [];
  const covered = new Map<number, number>();
  for (const output of outputs) {
    if (output.type === 'alert') {
      const isNew = !emitted.has(output.alert.id);
      coverage.emitted(output.alert.id, isNew);
      if (!isNew) continue;
      emitted.add(output.alert.id);
      rows.push({ number: ++last, alert: output.alert, detectedAt: now });
    } else if (output.type === 'barrier') {
      covered.set(output.checkpoint, coverage.upTo(last));
    }
  }
  if (rows.length > 0) {
    await client.query('UPDATE outbox_position SET last_number = $3 WHERE job = $1 AND shard = $2', [lease.job, lease.shard, last]);
    await insertRows(
      client,
      'alert',
      ALERT_COLUMNS,
      rows.map((row) => alertRow(lease, row)),
    );
  }
  return { rows, covered, known };
}

async function knownIds(client: PoolClient, outputs: readonly Output[]): Promise<Set<string>> {
  const ids = outputs.flatMap((output) => (output.type === 'alert' ? [output.alert.id] : []));
  if (ids.length === 0) return new Set();
  const { rows } = await client.query<{ id: string }>('SELECT id FROM alert WHERE id = ANY($1)', [ids]);
  return new Set(rows.map((row) => row.id));
}

/** The row stays locked until the transaction's end: numbers come in the order of commits. */
async function lastNumber(client: PoolClient, lease: Lease): Promise<number> {
  const { rows } = await client.query<{ last_number: number }>(
    'SELECT last_number FROM outbox_position WHERE job = $1 AND shard = $2 FOR UPDATE',
    [lease.job, lease.shard],
  );
  if (rows.length > 0) return rows[0].last_number;
  await client.query('INSERT INTO outbox_position (job, shard, last_number) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING', [
    lease.job,
    lease.shard,
  ]);
  return 0;
}

function alertRow(lease: Lease, { number, alert, detectedAt }: OutboxRow): unknown[] {
  return [
    lease.job,
    lease.shard,
    number,
    alert.id,
    storableText(alert.rule),
    alert.ruleVersion,
    alert.kind,
    storableText(alert.severity),
    storableText(alert.key),
    alert.shadow,
    detectedAt,
    asBuffer(alert.body),
    asBuffer(alert.explanation),
  ];
}

/** Completes a checkpoint that covers the alerts up to number `covered`; one that is complete already stays as it is. */
export async function insertCheckpoint(
  client: PoolClient,
  lease: Lease,
  checkpoint: CheckpointOutput,
  covered: number,
  storedBytes: number,
): Promise<void> {
  const { rowCount } = await client.query(
    `INSERT INTO checkpoint AS c (job, shard, id, kind, journal_sequence, oldest_needed, alert_number, meta, needed_offsets, stored_bytes, pause_ms, completed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (job, shard, id) DO UPDATE SET completed_at = c.completed_at WHERE c.meta = excluded.meta`,
    [
      lease.job,
      lease.shard,
      checkpoint.id,
      checkpoint.kind,
      checkpoint.journalSequence,
      checkpoint.oldestNeeded,
      covered,
      Buffer.from(checkpoint.meta),
      toJsonBytes(checkpoint.neededOffsets),
      storedBytes,
      checkpoint.pauseMs,
      Date.now(),
    ],
  );
  if (rowCount !== 1) throw new Error(`there is another checkpoint ${checkpoint.id} of ${lease.job}/${lease.shard}`);
  failpoint('checkpoint-transaction');
}
