import type { SourceBatch, SourceReader } from '../../runtime/ports/stores.js';
import type { Database } from '../database.js';
import { ownBytes } from '../sql/rows.js';
import type { PartitionAppender } from './partition-appender.js';
import type { TailCache } from './tail-cache.js';

/** What one look into the database fetches at most. */
const AHEAD_CHUNKS = 256;
const AHEAD_BYTES = 4 << 20;

/** The partitions of a stream as the log knows them, and who wants to hear of new events. */
export interface LogStream {
  readonly name: string;
  readonly partitions: PartitionAppender[];
  readonly listeners: Set<() => void>;
}

interface ChunkRow {
  readonly first_offset: number;
  readonly count: number;
  readonly arrival_time: number;
  readonly data: Buffer;
}

/**
 * Reads a stream of the log: the newest from memory, the rest from the database, some chunks ahead.
 * Every batch it gives has its bytes in an ArrayBuffer of its own, so that the caller may transfer it.
 */
export class LogReader implements SourceReader {
  readonly stream: string;
  readonly #log: LogStream;
  readonly #cache: TailCache;
  readonly #database: Database;
  readonly #ahead = new Map<number, SourceBatch[]>();

  constructor(log: LogStream, cache: TailCache, database: Database) {
    this.stream = log.name;
    this.#log = log;
    this.#cache = cache;
    this.#database = database;
  }

  /** Behind the events of an earlier, deleted stream of this name. */
  async starts(): Promise<ReadonlyMap<number, number>> {
    return new Map(this.#log.partitions.map(({ startOffset }, partition) => [partition, startOffset]));
  }

  endOffset(partition: number): number {
    return this.#partition(partition).nextOffset;
  }

  onAppend(listener: () => void): () => void {
    // A function of its own, so that the same listener may be given twice.
    const entry = () => listener();
    this.#log.listeners.add(entry);
    return () => this.#log.listeners.delete(entry);
  }

  /** When retention has dropped `offset`, the batch is the next that is kept: its firstOffset is then higher. */
  async read(partition: number, offset: number): Promise<SourceBatch | undefined> {
    if (offset >= this.endOffset(partition)) return undefined;
    const cached = this.#cache.find(cacheKey(this.stream, partition), offset);
    if (cached !== undefined) return { ...cached, data: ownBytes(cached.data) };
    return this.#takeAhead(partition, offset) ?? this.#fetch(partition, offset);
  }

  #takeAhead(partition: number, offset: number): SourceBatch | undefined {
    const ahead = this.#ahead.get(partition);
    const batch = ahead?.shift();
    if (batch !== undefined && offset >= batch.firstOffset && offset < batch.firstOffset + batch.count) return batch;
    this.#ahead.delete(partition);
    return undefined;
  }

  async #fetch(partition: number, offset: number): Promise<SourceBatch | undefined> {
    const { rows } = await this.#database.pool.query<ChunkRow>(
      `SELECT first_offset, count, arrival_time, data FROM (
               SELECT *, sum(bytes) OVER (ORDER BY first_offset) - bytes AS before FROM (
                 SELECT * FROM log_chunk WHERE stream = $1 AND partition = $2 AND first_offset >= coalesce(
                   (SELECT max(first_offset) FROM log_chunk WHERE stream = $1 AND partition = $2 AND first_offset <= $3), 0)
                 AND first_offset + count > $3
                 ORDER BY first_offset LIMIT ${AHEAD_CHUNKS}) AS chunk) AS summed
             WHERE before < ${AHEAD_BYTES} ORDER BY first_offset`,
      [this.stream, partition, offset],
    );
    const batches = rows.map((row) => ({
      stream: this.stream,
      partition,
      firstOffset: row.first_offset,
      count: row.count,
      arrivalTime: row.arrival_time,
      data: ownBytes(row.data),
    }));
    const first = batches.shift();
    this.#ahead.set(partition, batches);
    return first;
  }

  #partition(partition: number): PartitionAppender {
    const found = this.#log.partitions[partition];
    if (found === undefined)
      throw new RangeError(`stream ${this.stream} has ${this.#log.partitions.length} partitions, asked for ${partition}`);
    return found;
  }
}

export function cacheKey(stream: string, partition: number): string {
  return `${stream}/${partition}`;
}
