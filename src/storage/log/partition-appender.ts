import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { failpoint } from '../../runtime/failpoint.js';
import { framedLength } from '../../runtime/log/frame.js';
import type { DeadLetterOutput, LogRecord, RequestProgress, SourceBatch } from '../../runtime/ports/stores.js';
import { EpochLostError } from '../../runtime/ports/stores.js';
import type { Lease } from '../lease.js';
import { insertDeadLetters } from '../sql/dead-letter-rows.js';
import { asBuffer, insertRows } from '../sql/rows.js';
import { Backlog } from './backlog.js';
import { cutChunks } from './chunks.js';
import { writeProgress } from './progress.js';

/** Bytes of requests that go into one transaction. */
const GROUP_BYTES = 4 << 20;
const RELOAD_PAUSE = 250;
const COLUMNS = ['stream', 'partition', 'first_offset', 'count', 'arrival_time', 'bytes', 'data'];

export interface PartitionState {
  readonly stream: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly startOffset: number;
  readonly maxTime: number;
  readonly dropped: boolean;
}

interface Pending {
  readonly records: readonly LogRecord[];
  readonly bytes: number;
  readonly deadLetters: readonly DeadLetterOutput[];
  readonly progress: RequestProgress | undefined;
  resolve(firstOffset: number): void;
  reject(error: unknown): void;
}

/**
 * The one writer of a log partition. Requests that arrive while a transaction is in flight go together in
 * the next (group commit): the cost of a commit is shared by as many as wait for it.
 */
export class PartitionAppender {
  readonly stream: string;
  readonly partition: number;
  backlog = new Backlog();
  /** The stream was deleted: its events are kept for recovery, but nothing is added. */
  dropped: boolean;
  startOffset: number;
  #nextOffset: number;
  #maxTime: number;
  #queue: Pending[] = [];
  #pendingBytes = 0;
  #running = false;
  /** The outcome of the last transaction is unknown: what the database holds must be read first. */
  #stale = false;
  #catchingUp = false;
  #closed = false;

  constructor(
    state: PartitionState,
    private readonly lease: Lease,
    private readonly onAppended: (batches: readonly SourceBatch[]) => void,
  ) {
    this.stream = state.stream;
    this.partition = state.partition;
    this.dropped = state.dropped;
    this.startOffset = state.startOffset;
    this.#nextOffset = state.nextOffset;
    this.#maxTime = state.maxTime;
  }

  get nextOffset(): number {
    return this.#nextOffset;
  }

  get maxTime(): number {
    return this.#maxTime;
  }

  /** Bytes of requests that are not written yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Resolves with the first offset, once durable. */
  append(records: readonly LogRecord[], deadLetters: readonly DeadLetterOutput[], progress: RequestProgress | undefined): Promise<number> {
    let bytes = 0;
    for (const record of records) bytes += framedLength(record.raw);
    for (const letter of deadLetters) bytes += letter.raw.length;
    return new Promise((resolve, reject) => {
      this.#queue.push({ records, bytes, deadLetters, progress, resolve, reject });
      this.#pendingBytes += bytes;
      if (!this.#running) void this.#run();
    });
  }

  /** Takes over what the database says after the stream was deleted or made again. */
  reset(state: PartitionState): void {
    this.dropped = state.dropped;
    this.startOffset = state.startOffset;
    this.#nextOffset = Math.max(this.#nextOffset, state.nextOffset);
    this.#maxTime = state.maxTime;
    if (state.dropped) this.backlog = new Backlog();
  }

  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#queue.length > 0) {
      const group = this.#takeGroup();
      try {
        const { first, batches } = await this.#write(group);
        failpoint('log-appended');
        this.#publish(group, first, batches);
      } catch (error) {
        this.#stale = true;
        for (const pending of group) pending.reject(error);
        if (!(error instanceof EpochLostError)) void this.#catchUp();
      } finally {
        for (const { bytes } of group) this.#pendingBytes -= bytes;
      }
    }
    this.#running = false;
  }

  #takeGroup(): Pending[] {
    let bytes = 0;
    let end = 0;
    do bytes += this.#queue[end++].bytes;
    while (end < this.#queue.length && bytes + this.#queue[end].bytes <= GROUP_BYTES);
    return this.#queue.splice(0, end);
  }

  async #write(group: readonly Pending[]): Promise<{ first: number; batches: SourceBatch[] }> {
    const { database } = this.lease;
    if (this.#stale) await this.#reload();
    const now = Date.now();
    const first = this.#nextOffset;
    const records = group.length === 1 ? group[0].records : group.flatMap((pending) => pending.records);
    const batches = cutChunks(this.stream, this.partition, first, now, records);
    await database.transaction(async (client) => {
      await this.lease.check(client);
      if (records.length > 0) await this.#writeChunks(client, first, records, batches);
      await insertDeadLetters(
        client,
        group.flatMap((pending) => pending.deadLetters),
        now,
      );
      for (const { progress } of group) if (progress !== undefined) await writeProgress(client, this.stream, progress, now);
    });
    return { first, batches };
  }

  async #writeChunks(client: PoolClient, first: number, records: readonly LogRecord[], batches: readonly SourceBatch[]): Promise<void> {
    const { rowCount } = await client.query(
      `UPDATE log_partition SET next_offset = $4, max_time = greatest(max_time, $5)
       WHERE stream = $1 AND partition = $2 AND next_offset = $3 AND NOT dropped`,
      [this.stream, this.partition, first, first + records.length, latest(records)],
    );
    if (rowCount !== 1) throw new Error(`log partition ${this.stream}/${this.partition} is not at offset ${first} any more`);
    const rows = batches.map((batch) => [
      batch.stream,
      batch.partition,
      batch.firstOffset,
      batch.count,
      batch.arrivalTime,
      batch.data.length,
      asBuffer(batch.data),
    ]);
    await insertRows(client, 'log_chunk', COLUMNS, rows);
  }

  #publish(group: readonly Pending[], first: number, batches: readonly SourceBatch[]): void {
    let offset = first;
    for (const { records } of group) this.#maxTime = Math.max(this.#maxTime, latest(records));
    for (const batch of batches) {
      this.#nextOffset = batch.firstOffset + batch.count;
      this.backlog.appended(this.#nextOffset, batch.data.length);
    }
    for (const pending of group) {
      pending.resolve(offset);
      offset += pending.records.length;
    }
    if (batches.length > 0) this.onAppended(batches);
  }

  /** A commit whose answer was lost may have happened: then its events are there and readers must hear of them. */
  async #reload(): Promise<void> {
    const { pool } = this.lease.database;
    const { rows } = await pool.query<{ next_offset: number; max_time: number | null; bytes: number }>(
      `SELECT next_offset, max_time, (SELECT coalesce(sum(bytes), 0)::bigint FROM log_chunk c
         WHERE c.stream = p.stream AND c.partition = p.partition AND c.first_offset >= $3) AS bytes
       FROM log_partition p WHERE stream = $1 AND partition = $2`,
      [this.stream, this.partition, this.#nextOffset],
    );
    const [row] = rows;
    this.#stale = false;
    if (row === undefined || row.next_offset <= this.#nextOffset) return;
    this.#nextOffset = row.next_offset;
    this.#maxTime = row.max_time ?? Number.NEGATIVE_INFINITY;
    this.backlog.appended(this.#nextOffset, row.bytes);
    this.onAppended([]);
  }

  async #catchUp(): Promise<void> {
    if (this.#catchingUp) return;
    this.#catchingUp = true;
    while (this.#stale && !this.#closed) {
      await sleep(RELOAD_PAUSE, undefined, { ref: false });
      // The next append reloads by itself; meanwhile this must not run beside it.
      if (this.#running || !this.#stale) continue;
      await this.#reload().catch(() => {});
    }
    this.#catchingUp = false;
  }
}

function latest(records: readonly LogRecord[]): number {
  let time = Number.NEGATIVE_INFINITY;
  for (const record of records) if (record.time > time) time = record.time;
  return time;
}
