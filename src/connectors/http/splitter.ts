/** One event of a body, not yet looked at. */
export interface Item {
  /** From 1: the line, or the element of an array. */
  readonly line: number;
  /** The item as it came; of one that is too large its first part only. */
  readonly bytes: Buffer;
  /** Its whole size in bytes. */
  readonly size: number;
  readonly tooLarge: boolean;
}

/** What is wrong with the frame around the items. */
export interface FrameFault {
  readonly line: number;
  readonly message: string;
  /** What was left over. */
  readonly raw: Buffer;
}

/** Cuts a body into its events as it streams in. Memory: at most one event. */
export interface Splitter {
  /** Items that `chunk` completes. */
  push(chunk: Buffer): Item[];
  /** The item the end of the body completes, if any. */
  end(): Item[];
  /** Set when the body is no list of items from some point on; what follows was not read. */
  readonly fault: FrameFault | undefined;
  /** True when the body was one JSON value and no list. */
  readonly single: boolean;
}

/** Bytes kept of an item that is too large, for its dead letter. */
const KEPT_OF_TOO_LARGE = 64 * 1024;

/** Collects one item's bytes over chunk edges; beyond the limit it only counts. */
export class ItemBuffer {
  #parts: Buffer[] = [];
  #size = 0;
  readonly #maxBytes: number;
  readonly #keptBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#keptBytes = Math.max(maxBytes, KEPT_OF_TOO_LARGE);
  }

  get size(): number {
    return this.#size;
  }

  add(part: Buffer): void {
    const before = this.#size;
    this.#size += part.length;
    if (this.#size <= this.#keptBytes) {
      if (part.length > 0) this.#parts.push(part);
    } else if (before <= this.#keptBytes) {
      this.#parts = [Buffer.from(Buffer.concat([...this.#parts, part]).subarray(0, KEPT_OF_TOO_LARGE))];
    }
  }

  /** The item collected so far; the buffer starts anew. */
  take(line: number): Item {
    const whole = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    const tooLarge = this.#size > this.#maxBytes;
    const bytes = tooLarge ? whole.subarray(0, KEPT_OF_TOO_LARGE) : whole;
    const item = { line, bytes, size: this.#size, tooLarge };
    this.#parts = [];
    this.#size = 0;
    return item;
  }
}

const LF = 10;
const CR = 13;

export function isJsonSpace(byte: number): boolean {
  return byte === 32 || byte === LF || byte === CR || byte === 9;
}

/** NDJSON: a line each, lines of white space left out (they count as lines). */
export class LineSplitter implements Splitter {
  readonly fault = undefined;
  readonly single = false;
  readonly #item: ItemBuffer;
  #line: number;

  constructor(maxBytes: number, firstLine = 1) {
    this.#item = new ItemBuffer(maxBytes);
    this.#line = firstLine;
  }

  push(chunk: Buffer): Item[] {
    const items: Item[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.#item.add(chunk.subarray(start, end));
      this.#finish(items);
      start = end + 1;
    }
    if (start < chunk.length) this.#item.add(chunk.subarray(start));
    return items;
  }

  end(): Item[] {
    const items: Item[] = [];
    this.#finish(items);
    return items;
  }

  #finish(items: Item[]): void {
    const line = this.#line++;
    if (this.#item.size === 0) return;
    const item = this.#item.take(line);
    if (item.tooLarge || !item.bytes.every(isJsonSpace)) items.push(trimmed(item));
  }
}

function trimmed(item: Item): Item {
  if (item.tooLarge) return item;
  let [start, end] = [0, item.bytes.length];
  while (end > start && isJsonSpace(item.bytes[end - 1])) end--;
  while (start < end && isJsonSpace(item.bytes[start])) start++;
  return start === 0 && end === item.bytes.length ? item : { ...item, bytes: item.bytes.subarray(start, end), size: end - start };
}
