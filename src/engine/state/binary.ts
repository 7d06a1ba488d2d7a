/**
 * The byte format of snapshots: LEB128 integers, IEEE doubles, length-prefixed strings and bytes.
 * Written once per changed key at a checkpoint's barrier, so the writer grows one buffer and is reused.
 */
export class BinaryWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(initialBytes = 1024) {
    this.#buffer = Buffer.allocUnsafe(initialBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** Forgets what was written; the buffer is kept for the next use. */
  reset(): void {
    this.#length = 0;
  }

  /** A copy of what was written. */
  toBytes(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#length));
  }

  /** What was written, valid until the next write or reset. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  /** A non-negative safe integer in 1 to 8 bytes. */
  uint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#buffer.writeDoubleLE(value, this.#length);
    this.#length += 8;
  }

  boolean(value: boolean): void {
    this.byte(value ? 1 : 0);
  }

  /** UTF-8; a lone surrogate does not survive, so text that may hold one is written as `utf16`. */
  string(value: string): void {
    const bytes = Buffer.byteLength(value);
    this.uint(bytes);
    this.#reserve(bytes);
    this.#length += this.#buffer.write(value, this.#length);
  }

  /** UTF-16 code units, exact for every JavaScript string. */
  utf16(value: string): void {
    this.uint(value.length);
    this.#reserve(value.length * 2);
    this.#length += this.#buffer.write(value, this.#length, 'utf16le');
  }

  /** Exact for every JavaScript string; a byte per code unit where all are below 256, else two. */
  text(value: string): void {
    const { length } = value;
    this.#reserve(8 + length * 2);
    const start = this.#length;
    this.uint(length * 2);
    const from = this.#length;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0xff) {
        this.#length = start;
        this.uint(length * 2 + 1);
        this.#length += this.#buffer.write(value, this.#length, 'utf16le');
        return;
      }
      this.#buffer[from + i] = unit;
    }
    this.#length = from + length;
  }

  bytes(value: Uint8Array): void {
    this.uint(value.length);
    this.raw(value);
  }

  /** Bytes without their length: the reader knows it otherwise. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }
}

/** Reads what BinaryWriter wrote. Throws RangeError when the bytes end too early. */
export class BinaryReader {
  readonly #buffer: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** A reader of the next bytes, whose number stands before them; of the same memory, without a view of its own. */
  part(): BinaryReader {
    const length = this.uint();
    const at = this.#skip(length);
    return new BinaryReader(this.#buffer, at, at + length);
  }

  /** All that is left: a view, not a copy. */
  rest(): Buffer {
    return this.#buffer.subarray(this.#at, this.#end);
  }

  byte(): number {
    return this.#buffer[this.#skip(1)];
  }

  uint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  double(): number {
    return this.#buffer.readDoubleLE(this.#skip(8));
  }

  boolean(): boolean {
    return this.byte() === 1;
  }

  text(): string {
    const head = this.uint();
    const length = Math.floor(head / 2);
    const at = this.#skip(head % 2 === 0 ? length : length * 2);
    return this.#buffer.toString(head % 2 === 0 ? 'latin1' : 'utf16le', at, this.#at);
  }

  string(): string {
    return this.bytes().toString('utf8');
  }

  utf16(): string {
    const length = this.uint() * 2;
    return this.#take(length).toString('utf16le');
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    return this.#take(this.uint());
  }

  #take(length: number): Buffer {
    const at = this.#skip(length);
    return this.#buffer.subarray(at, this.#at);
  }

  #skip(length: number): number {
    const at = this.#at;
    if (at + length > this.#end) throw new RangeError(`snapshot ends at byte ${this.#end}, ${length} more expected at ${at}`);
    this.#at = at + length;
    return at;
  }
}

/** Whether the text that BinaryWriter.text wrote at a place is this one; makes no string. */
export function isTextAt(bytes: Uint8Array, at: number, text: string): boolean {
  let start = at;
  let head = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = bytes[start++];
    head += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  const width = (head % 2) + 1;
  if ((head - (head % 2)) / 2 !== text.length) return false;
  for (let i = 0; i < text.length; i++) {
    const unit = width === 1 ? bytes[start + i] : bytes[start + 2 * i] | (bytes[start + 2 * i + 1] << 8);
    if (unit !== text.charCodeAt(i)) return false;
  }
  return true;
}
