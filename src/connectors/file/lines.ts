import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 1 << 16;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** An element as a line: texts as they are, others as JSON. */
export function lineOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A line without its end, and where the next one begins, in bytes. */
export interface Line {
  readonly text: string;
  readonly next: number;
}

/** The lines of a UTF-8 file from a byte offset on; the last one needs no end. */
export class LineReader {
  #handle: FileHandle | undefined;
  #rest = Buffer.alloc(0);

  constructor(
    private readonly path: string,
    private offset: number,
  ) {}

  /** The lines of the next part of the file, some or none; undefined at its end. */
  async read(): Promise<readonly Line[] | undefined> {
    this.#handle ??= await open(this.path, 'r');
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await this.#handle.read(chunk, 0, CHUNK_BYTES, this.offset + this.#rest.length);
    if (bytesRead === 0) return this.#last();
    const bytes = Buffer.concat([this.#rest, chunk.subarray(0, bytesRead)]);
    const lines: Line[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      lines.push({ text: textOf(bytes.subarray(start, end)), next: this.offset + end + 1 });
      start = end + 1;
    }
    this.offset += start;
    this.#rest = bytes.subarray(start);
    return lines;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }

  #last(): readonly Line[] | undefined {
    if (this.#rest.length === 0) return undefined;
    this.offset += this.#rest.length;
    const line = { text: textOf(this.#rest), next: this.offset };
    this.#rest = Buffer.alloc(0);
    return [line];
  }
}

function textOf(bytes: Buffer): string {
  return bytes.toString('utf8', 0, bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length);
}
