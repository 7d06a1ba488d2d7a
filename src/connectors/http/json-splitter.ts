import { type FrameFault, isJsonSpace, type Item, ItemBuffer, LineSplitter, type Splitter } from './splitter.js';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

type State = 'start' | 'beforeElement' | 'inElement' | 'afterArray' | 'inValue' | 'afterValue' | 'failed';

/**
 * A JSON array's elements, or one value. Finds the edges by brackets and strings alone, so that a broken
 * element is told from its neighbours; whether an item is JSON is its reader's business. After one object
 * that ends on its line, more of them may follow as NDJSON, which clients often send under this type.
 */
export class JsonSplitter implements Splitter {
  #state: State = 'start';
  #depth = 0;
  #inString = false;
  #escaped = false;
  #elements = 0;
  #lines = 1;
  #fault: FrameFault | undefined;
  #rest: LineSplitter | undefined;
  readonly #item: ItemBuffer;

  constructor(readonly maxBytes: number) {
    this.#item = new ItemBuffer(maxBytes);
  }

  get fault(): FrameFault | undefined {
    return this.#fault;
  }

  push(chunk: Buffer): Item[] {
    const items: Item[] = [];
    let at = 0;
    while (at < chunk.length && this.#rest === undefined && this.#state !== 'failed') {
      at = this.#state === 'inElement' || this.#state === 'inValue' ? this.#scan(chunk, at, items) : this.#between(chunk, at);
    }
    if (this.#rest !== undefined && at < chunk.length) items.push(...this.#rest.push(chunk.subarray(at)));
    return items;
  }

  /** True when the body was one value and nothing else. */
  get single(): boolean {
    return this.#state === 'afterValue' && this.#rest === undefined;
  }

  end(): Item[] {
    if (this.#rest !== undefined) return this.#rest.end();
    const items: Item[] = [];
    const whole = this.#depth === 0 && !this.#inString;
    if (this.#state === 'inValue' && whole) this.#finishValue(Buffer.alloc(0), 0, 0, items);
    if (this.#state === 'inElement' && whole) this.#finishElement(items, 'beforeElement');
    const missing = this.#missingAtEnd();
    if (missing !== undefined) this.#fail(missing);
    return items;
  }

  #missingAtEnd(): string | undefined {
    switch (this.#state) {
      case 'start':
        return 'the body is empty, expected a JSON object or an array of objects';
      case 'beforeElement':
      case 'inElement':
        return 'the body ends inside the array: a closing ] is missing';
      case 'inValue':
        return 'the body ends inside the JSON value';
      default:
        return undefined;
    }
  }

  /** White space and the marks between items. Returns where to go on. */
  #between(chunk: Buffer, at: number): number {
    const byte = chunk[at];
    if (isJsonSpace(byte)) {
      if (byte === 10) this.#lines++;
      return at + 1;
    }
    switch (this.#state) {
      case 'start':
        this.#state = byte === OPEN_BRACKET ? 'beforeElement' : 'inValue';
        return byte === OPEN_BRACKET ? at + 1 : at;
      case 'beforeElement':
        if (byte === CLOSE_BRACKET && this.#elements === 0) {
          this.#state = 'afterArray';
          return at + 1;
        }
        this.#state = 'inElement';
        return at;
      case 'afterValue':
        this.#rest = new LineSplitter(this.maxBytes, this.#lines);
        return at;
      default:
        this.#fail('text follows the closing ] of the array');
        return chunk.length;
    }
  }

  /** Inside an item: looks for its end. Returns where to go on. */
  #scan(chunk: Buffer, from: number, items: Item[]): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at];
      if (this.#inString) {
        this.#stepInString(byte);
      } else if (byte === QUOTE) {
        this.#inString = true;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        this.#depth++;
      } else if (this.#depth === 0 && this.#state === 'inElement' && (byte === COMMA || byte === CLOSE_BRACKET)) {
        this.#item.add(chunk.subarray(from, at));
        this.#finishElement(items, byte === COMMA ? 'beforeElement' : 'afterArray');
        return at + 1;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (this.#depth > 0) this.#depth--;
        if (this.#depth === 0 && this.#state === 'inValue') return this.#finishValue(chunk, from, at + 1, items);
      }
    }
    this.#item.add(chunk.subarray(from));
    return chunk.length;
  }

  #stepInString(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }

  #finishElement(items: Item[], next: State): void {
    const item = this.#item.take(++this.#elements);
    let end = item.bytes.length;
    while (end > 0 && isJsonSpace(item.bytes[end - 1])) end--;
    items.push(item.tooLarge ? item : { ...item, bytes: item.bytes.subarray(0, end), size: end });
    this.#state = next;
  }

  #finishValue(chunk: Buffer, from: number, end: number, items: Item[]): number {
    this.#item.add(chunk.subarray(from, end));
    items.push(this.#item.take(1));
    this.#state = 'afterValue';
    return end;
  }

  #fail(message: string): void {
    this.#fault = { line: this.#elements + 1, message, raw: this.#item.take(0).bytes };
    this.#state = 'failed';
  }
}

const [BOM0, BOM1, BOM2] = [0xef, 0xbb, 0xbf];

/**
 * The splitter for a body without a telling content type: an array when it begins with [, else lines.
 * A byte order mark is left out.
 */
export class GuessingSplitter implements Splitter {
  #inner: Splitter | undefined;
  #head: Buffer = Buffer.alloc(0);

  constructor(
    readonly maxBytes: number,
    readonly kind: 'lines' | 'json' | 'guess',
  ) {}

  get fault(): FrameFault | undefined {
    return this.#inner?.fault;
  }

  get single(): boolean {
    return this.#inner?.single ?? false;
  }

  push(chunk: Buffer): Item[] {
    if (this.#inner !== undefined) return this.#inner.push(chunk);
    this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    if (this.#head.length < 3) return [];
    return this.#open().push(this.#takeHead());
  }

  end(): Item[] {
    if (this.#inner !== undefined) return this.#inner.end();
    const inner = this.#open();
    const items = inner.push(this.#takeHead());
    items.push(...inner.end());
    return items;
  }

  #open(): Splitter {
    const head = this.#head;
    const first = head.find((byte) => !isJsonSpace(byte) && byte !== BOM0 && byte !== BOM1 && byte !== BOM2);
    const json = this.kind === 'json' || (this.kind === 'guess' && first === OPEN_BRACKET);
    this.#inner = json ? new JsonSplitter(this.maxBytes) : new LineSplitter(this.maxBytes);
    return this.#inner;
  }

  #takeHead(): Buffer {
    const head = this.#head;
    this.#head = Buffer.alloc(0);
    return head[0] === BOM0 && head[1] === BOM1 && head[2] === BOM2 ? head.subarray(3) : head;
  }
}

/** The splitter for a request's content type (without parameters); undefined when events do not come so. */
export function splitterFor(contentType: string | undefined, maxBytes: number): Splitter | undefined {
  switch (contentType) {
    case 'application/x-ndjson':
    case 'application/ndjson':
    case 'application/jsonl':
    case 'application/x-jsonlines':
      return new GuessingSplitter(maxBytes, 'lines');
    case 'application/json':
      return new GuessingSplitter(maxBytes, 'json');
    case undefined:
    case '':
    case 'text/plain':
    // What curl says when it is told nothing.
    case 'application/x-www-form-urlencoded':
      return new GuessingSplitter(maxBytes, 'guess');
    default:
      return undefined;
  }
}
