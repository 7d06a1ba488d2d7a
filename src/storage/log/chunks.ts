import { frameRecords, framedLength } from '../../runtime/log/frame.js';
import type { LogRecord, SourceBatch } from '../../runtime/ports/stores.js';

/** A chunk's data is at most this long, unless a single event is longer. */
export const CHUNK_BYTES = 1 << 20;

/** Cuts records, of one partition and in order, into framed chunks with consecutive offsets. */
export function cutChunks(
  stream: string,
  partition: number,
  firstOffset: number,
  arrivalTime: number,
  records: readonly LogRecord[],
): SourceBatch[] {
  const chunks: SourceBatch[] = [];
  let from = 0;
  while (from < records.length) {
    const until = chunkEnd(records, from);
    const data = frameRecords(records.slice(from, until));
    chunks.push({ stream, partition, firstOffset: firstOffset + from, count: until - from, arrivalTime, data });
    from = until;
  }
  return chunks;
}

function chunkEnd(records: readonly LogRecord[], from: number): number {
  let bytes = framedLength(records[from].raw);
  let at = from + 1;
  while (at < records.length && bytes + framedLength(records[at].raw) <= CHUNK_BYTES) bytes += framedLength(records[at++].raw);
  return at;
}
