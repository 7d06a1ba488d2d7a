import type {
  DeadLetterOutput,
  EventLog,
  LogRecord,
  PastReader,
  Positions,
  RequestProgress,
  SourceBatch,
} from '../../runtime/ports/stores.js';
import { StorageError } from '../errors.js';
import type { Lease } from '../lease.js';
import { fromJsonBytes } from '../sql/text.js';
import { LogReader, type LogStream, cacheKey } from './log-reader.js';
import { PartitionAppender, type PartitionState } from './partition-appender.js';
import { readProgress } from './progress.js';
import { TailCache } from './tail-cache.js';

export interface EventLogOptions {
  /** Memory for the newest chunks, bytes. Default 16 MiB. */
  readonly tailBytes?: number;
  /** Memory for requests that wait to be written, bytes; beyond it appends are refused. Default 32 MiB. */
  readonly pendingBytes?: number;
}

interface PartitionRow {
  readonly stream: string;
  readonly partition: number;
  readonly next_offset: number;
  readonly start_offset: number;
  readonly max_time: number | null;
  readonly dropped: boolean;
}

/** Granularity in which the backlog of an earlier run is counted, bytes. */
const BACKLOG_GRAIN = 1 << 20;

/** The log in PostgreSQL of events that came over HTTP; one process writes it, the owner of the shard. */
export class PostgresEventLog implements EventLog {
  readonly #lease: Lease;
  readonly #cache: TailCache;
  readonly #pendingLimit: number;
  readonly #streams = new Map<string, LogStream>();

  private constructor(lease: Lease, options: EventLogOptions) {
    this.#lease = lease;
    this.#cache = new TailCache(options.tailBytes ?? 16 << 20);
    this.#pendingLimit = options.pendingBytes ?? 32 << 20;
  }

  /** Loads where each partition stands, and how much of it the last checkpoint had not worked off. */
  static async open(lease: Lease, options: EventLogOptions = {}): Promise<PostgresEventLog> {
    const log = new PostgresEventLog(lease, options);
    await log.#load();
    return log;
  }

  /**
   * Rejects with StorageError `log-overloaded` when too much waits already, with EpochLostError, or with
   * the database's error; in the last case the events may be there nevertheless, as `progress` tells.
   */
  async append(
    stream: string,
    partition: number,
    records: readonly LogRecord[],
    more: { deadLetters?: readonly DeadLetterOutput[]; progress?: RequestProgress } = {},
  ): Promise<number> {
    const appender = this.#partition(stream, partition);
    if (appender.dropped) throw unknownStream(stream);
    const waiting = this.#sum((each) => each.pendingBytes);
    if (waiting > this.#pendingLimit)
      throw new StorageError('log-overloaded', `${waiting} bytes wait to be written to the log: send again later`);
    return appender.append(records, more.deadLetters ?? [], more.progress);
  }

  progress(stream: string, key: string): Promise<RequestProgress | undefined> {
    return readProgress(this.#lease.database.pool, stream, key);
  }

  maxTime(stream: string, partition: number): number {
    return this.#partition(stream, partition).maxTime;
  }

  /** Throws StorageError `unknown-stream` before `ensureStream`. A deleted stream can still be read, for recovery. */
  reader(stream: string): LogReader {
    return new LogReader(this.#stream(stream), this.#cache, this.#lease.database);
  }

  /** From the first chunk that arrived at or after a time, epoch ms, to where the log ends now. */
  async past(stream: string, arrivedSince: number): Promise<PastReader> {
    const { partitions } = this.#stream(stream);
    const { rows } = await this.#lease.database.pool.query<{ partition: number; first: number }>(
      'SELECT partition, min(first_offset) AS first FROM log_chunk WHERE stream = $1 AND arrival_time >= $2 GROUP BY partition',
      [stream, arrivedSince],
    );
    const first = new Map(rows.map((row) => [row.partition, row.first]));
    // Behind the events of an earlier, deleted stream of this name.
    const from = partitions.map(({ startOffset, nextOffset }, at) => [at, Math.max(startOffset, first.get(at) ?? nextOffset)] as const);
    const to = partitions.map(({ nextOffset }, at) => [at, nextOffset] as const);
    return { reader: this.reader(stream), from: new Map(from), to: new Map(to), close: async () => {} };
  }

  /** Includes what waits to be written. */
  backlogBytes(): number {
    return this.#sum((appender) => appender.backlog.bytes + appender.pendingBytes);
  }

  workedOff(stream: string, partition: number, offset: number): void {
    this.#streams.get(stream)?.partitions[partition]?.backlog.workedOff(offset);
  }

  /** Partitions are never taken away: what is in them has to be read. */
  async ensureStream(stream: string, partitions: number): Promise<void> {
    const rows = await this.#lease.database.transaction(async (client) => {
      await this.#lease.check(client);
      await client.query(
        `INSERT INTO log_partition (stream, partition) SELECT $1, generate_series(0, $2::integer - 1)
         ON CONFLICT (stream, partition) DO NOTHING`,
        [stream, partitions],
      );
      await client.query('UPDATE log_partition SET dropped = false WHERE stream = $1 AND dropped', [stream]);
      return (await client.query<PartitionRow>('SELECT * FROM log_partition WHERE stream = $1 ORDER BY partition', [stream])).rows;
    });
    for (const row of rows) this.#place(row);
  }

  /** Nothing more is added, and offsets count on should the name be used again; `clean` drops what no recovery needs. */
  async dropStream(stream: string): Promise<void> {
    const rows = await this.#lease.database.transaction(async (client) => {
      await this.#lease.check(client);
      await client.query('DELETE FROM request_progress WHERE stream = $1', [stream]);
      return (
        await client.query<PartitionRow>(
          'UPDATE log_partition SET dropped = true, start_offset = next_offset, max_time = NULL WHERE stream = $1 RETURNING *',
          [stream],
        )
      ).rows;
    });
    for (const row of rows) this.#place(row);
  }

  /** Ends what goes on in the background; appends in flight are still answered. */
  close(): void {
    for (const { partitions } of this.#streams.values()) for (const appender of partitions) appender.close();
  }

  async #load(): Promise<void> {
    const { pool } = this.#lease.database;
    const { rows } = await pool.query<PartitionRow>('SELECT * FROM log_partition ORDER BY stream, partition');
    for (const row of rows) this.#place(row);
    const {
      rows: [checkpoint],
    } = await pool.query<{ needed_offsets: Buffer }>(
      'SELECT needed_offsets FROM checkpoint WHERE job = $1 AND shard = $2 ORDER BY id DESC LIMIT 1',
      [this.#lease.job, this.#lease.shard],
    );
    const needed = checkpoint && fromJsonBytes<Positions>(checkpoint.needed_offsets);
    for (const row of rows) if (!row.dropped) await this.#loadBacklog(row, needed);
  }

  async #loadBacklog({ stream, partition, next_offset: end }: PartitionRow, needed: Positions | undefined): Promise<void> {
    // A partition that the checkpoint does not know was not read when it was made.
    const from = needed === undefined ? 0 : (needed[`${stream}/${partition}`] ?? end);
    const { rows } = await this.#lease.database.pool.query<{ until: number; bytes: number }>(
      `SELECT max(first_offset + count)::bigint AS until, sum(bytes)::bigint AS bytes FROM (
         SELECT first_offset, count, bytes, sum(bytes) OVER (ORDER BY first_offset) / ${BACKLOG_GRAIN} AS bucket
         FROM log_chunk WHERE stream = $1 AND partition = $2 AND first_offset + count > $3) AS chunk
       GROUP BY bucket ORDER BY 1`,
      [stream, partition, from],
    );
    const { backlog } = this.#partition(stream, partition);
    for (const { until, bytes } of rows) backlog.appended(until, bytes);
  }

  #place(row: PartitionRow): void {
    const state: PartitionState = {
      stream: row.stream,
      partition: row.partition,
      nextOffset: row.next_offset,
      startOffset: row.start_offset,
      maxTime: row.max_time ?? Number.NEGATIVE_INFINITY,
      dropped: row.dropped,
    };
    let stream = this.#streams.get(row.stream);
    if (stream === undefined) this.#streams.set(row.stream, (stream = { name: row.stream, partitions: [], listeners: new Set() }));
    const existing = stream.partitions[row.partition];
    // One that is in use knows better than a row read beside its transactions.
    if (existing !== undefined && existing.dropped !== row.dropped) existing.reset(state);
    else if (existing === undefined)
      stream.partitions[row.partition] = new PartitionAppender(state, this.#lease, (batches) => this.#appended(stream, batches));
  }

  #appended(stream: LogStream, batches: readonly SourceBatch[]): void {
    for (const batch of batches) this.#cache.add(cacheKey(batch.stream, batch.partition), batch);
    for (const listener of stream.listeners) listener();
  }

  #sum(of: (appender: PartitionAppender) => number): number {
    let sum = 0;
    for (const { partitions } of this.#streams.values()) for (const appender of partitions) sum += of(appender);
    return sum;
  }

  #stream(name: string): LogStream {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw unknownStream(name);
    return stream;
  }

  #partition(stream: string, partition: number): PartitionAppender {
    const appender = this.#stream(stream).partitions[partition];
    if (appender === undefined) throw new RangeError(`stream ${stream} has no partition ${partition}`);
    return appender;
  }
}

function unknownStream(name: string): StorageError {
  return new StorageError('unknown-stream', `there is no stream "${name}"`);
}
