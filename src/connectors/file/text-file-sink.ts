import { type FileHandle, open, rename } from 'node:fs/promises';
import type { SinkWriter } from '../../engine/stream/functions/sink.js';
import { lineOf } from './lines.js';

/** Writes elements as lines of one UTF-8 file, which stands under its name once the program has ended well. */
export class TextFileSink<T> implements SinkWriter<T> {
  #file: FileHandle | undefined;
  #lines: string[] = [];

  constructor(
    private readonly path: string,
    private readonly format: (value: T) => string = lineOf,
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
