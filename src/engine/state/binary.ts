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
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#buffer.length;
  }

  byte(): number {
    return this.#buffer.readUInt8(this.#at++);
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
    const value = this.#buffer.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  boolean(): boolean {
    return this.byte() === 1;
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
    if (this.#at + length > this.#buffer.length)
      throw new RangeError(`snapshot ends at byte ${this.#buffer.length}, ${length} more expected at ${this.#at}`);
    const view = this.#buffer.subarray(this.#at, this.#at + length);
    this.#at += length;
    return view;
  }
}
