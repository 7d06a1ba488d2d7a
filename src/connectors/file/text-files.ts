import { type FileHandle, open, rename } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import type { SinkWriter } from '../../engine/stream/functions/sink.js';
import type { SourceReader, SourceRecord } from '../../engine/stream/functions/source.js';

const BATCH = 1_000;

/** The lines of a UTF-8 file, without their ends. One subtask reads it. */
export class TextFileSource implements SourceReader<string> {
  #lines: AsyncIterator<string> | undefined;
  #interface: Interface | undefined;

  constructor(private readonly path: string) {}

  async open(subtask: number): Promise<void> {
    if (subtask > 0) return;
    this.#interface = createInterface({ input: createReadStream(this.path, 'utf8'), crlfDelay: Infinity });
    this.#lines = this.#interface[Symbol.asyncIterator]();
  }

  async poll(): Promise<readonly SourceRecord<string>[] | undefined> {
    const batch: SourceRecord<string>[] = [];
    while (this.#lines !== undefined && batch.length < BATCH) {
      const next = await this.#lines.next();
      if (next.done === true) break;
      batch.push({ value: next.value });
    }
    return batch.length > 0 ? batch : undefined;
  }

  async close(): Promise<void> {
    this.#interface?.close();
  }
}

/** Writes elements as lines of a UTF-8 file, which stands under its name once the program has ended well. */
export class TextFileSink<T> implements SinkWriter<T> {
  #file: FileHandle | undefined;
  #lines: string[] = [];

  constructor(
    private readonly path: string,
    private readonly format: (value: T) => string = (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
  ) {}

  async open(): Promise<void> {
    this.#file = await open(`${this.path}.part`, 'w');
  }

  write(value: T): void {
    this.#lines.push(`${this.format(value)}\n`);
  }

  async flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    await this.#file?.write(this.#lines.join(''));
    this.#lines = [];
  }

  async finish(): Promise<void> {
    await this.#file?.sync();
    await rename(`${this.path}.part`, this.path);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}
