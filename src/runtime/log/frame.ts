/**
 * The framing of events in the log and on the way to the engine, so that a chunk read from the database
 * goes to the worker thread as it is: per record
 *   uint32 LE length of the JSON, float64 LE time (epoch ms), the JSON's bytes.
 * A source whose offsets have gaps says so with a record without bytes: bit 31 of the length set, the other
 * bits count the offsets passed over; bit 30 tells that events were there and are lost.
 */
const HEADER_BYTES = 12;
const GAP = 0x8000_0000;
const LOST = 0x4000_0000;
/** The most offsets that one gap record counts. */
const MAX_GAP = LOST - 1;

/** Offsets without an event: compacted, of an aborted transaction, or lost to retention. */
export interface Gap {
  readonly skip: number;
  readonly lost?: boolean;
}

export type FrameRecord = { readonly time: number; readonly raw: Uint8Array } | Gap;

/** Bytes that `raw` takes in a frame. */
export function framedLength(raw: Uint8Array): number {
  return HEADER_BYTES + raw.length;
}

/** Frames records into one buffer of its own (transferable). */
export function frameRecords(records: readonly FrameRecord[]): Buffer {
  let total = 0;
  for (const record of records) total += 'skip' in record ? HEADER_BYTES * Math.ceil(record.skip / MAX_GAP) : framedLength(record.raw);
  const data = Buffer.from(new ArrayBuffer(total));
  let at = 0;
  for (const record of records) at = 'skip' in record ? writeGap(data, at, record) : writeEvent(data, at, record.time, record.raw);
  return data;
}

function writeEvent(data: Buffer, at: number, time: number, raw: Uint8Array): number {
  data.writeUInt32LE(raw.length, at);
  data.writeDoubleLE(time, at + 4);
  data.set(raw, at + HEADER_BYTES);
  return at + HEADER_BYTES + raw.length;
}

function writeGap(data: Buffer, start: number, { skip, lost = false }: Gap): number {
  let at = start;
  for (let left = skip; left > 0; left -= MAX_GAP) {
    data.writeUInt32LE(GAP + (lost ? LOST : 0) + Math.min(left, MAX_GAP), at);
    at += HEADER_BYTES;
  }
  return at;
}

/** Walks a frame without copying: after `next()` returned true, the fields are the record's. */
export class FrameCursor {
  readonly data: Buffer;
  /** Where the record's JSON stands in `data`. */
  start = 0;
  end = 0;
  time = 0;
  /** Of the record, or the first that a gap passes over. */
  offset = 0;
  /** The offset after the record. */
  nextOffset: number;
  gap = false;
  /** The gap's events were there and are lost. */
  lost = false;

  constructor(data: Uint8Array, firstOffset = 0) {
    this.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.nextOffset = firstOffset;
  }

  next(): boolean {
    if (this.end >= this.data.length) return false;
    const length = this.data.readUInt32LE(this.end);
    this.offset = this.nextOffset;
    this.gap = length >= GAP;
    if (this.gap) this.#readGap(length - GAP);
    else this.#readEvent(length);
    return true;
  }

  /** The record's JSON: a view. */
  get raw(): Buffer {
    return this.data.subarray(this.start, this.end);
  }

  #readEvent(length: number): void {
    this.time = this.data.readDoubleLE(this.end + 4);
    this.start = this.end + HEADER_BYTES;
    this.end = this.start + length;
    this.nextOffset++;
  }

  #readGap(bits: number): void {
    this.lost = bits >= LOST;
    this.nextOffset += this.lost ? bits - LOST : bits;
    this.end += HEADER_BYTES;
    this.start = this.end;
  }
}
