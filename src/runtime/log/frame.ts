/**
 * The framing of events in the log and on the way to the engine, so that a chunk read from the database
 * goes to the worker thread as it is: per record
 *   uint32 LE length of the JSON, float64 LE event time (epoch ms), the JSON's bytes.
 */
const HEADER_BYTES = 12;

/** Bytes that `raw` takes in a frame. */
export function framedLength(raw: Uint8Array): number {
  return HEADER_BYTES + raw.length;
}

/** Frames records into one buffer of its own (transferable). */
export function frameRecords(records: readonly { readonly time: number; readonly raw: Uint8Array }[]): Buffer {
  let total = 0;
  for (const record of records) total += framedLength(record.raw);
  const data = Buffer.from(new ArrayBuffer(total));
  let at = 0;
  for (const { time, raw } of records) {
    data.writeUInt32LE(raw.length, at);
    data.writeDoubleLE(time, at + 4);
    data.set(raw, at + HEADER_BYTES);
    at += HEADER_BYTES + raw.length;
  }
  return data;
}

/** Walks a frame without copying: after `next()` returned true, `time` and `raw` are the record's. */
export class FrameCursor {
  #at = 0;
  readonly #data: Buffer;
  time = 0;
  raw: Uint8Array = new Uint8Array();

  constructor(data: Uint8Array) {
    this.#data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  }

  next(): boolean {
    if (this.#at >= this.#data.length) return false;
    const length = this.#data.readUInt32LE(this.#at);
    this.time = this.#data.readDoubleLE(this.#at + 4);
    this.raw = this.#data.subarray(this.#at + HEADER_BYTES, this.#at + HEADER_BYTES + length);
    this.#at += HEADER_BYTES + length;
    return true;
  }
}
