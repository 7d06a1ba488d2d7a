import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import type { SinkWriter, WriterInitContext } from '../../engine/stream/functions/sink.js';
import { lineOf } from './lines.js';

/** Writes elements as lines of one UTF-8 file, which stands under its name once the program has ended well. */
export class TextFileSink<T> implements SinkWriter<T, never, number> {
  #file: FileHandle | undefined;
  #lines: string[] = [];
  /** Bytes written. */
  #length = 0;

  constructor(
    private readonly path: string,
    private readonly format: (value: T) => string = lineOf,
  ) {}

  /** After a restore it goes on behind what the checkpoint knew of. */
  async open({ restoredState: [length] }: WriterInitContext<number>): Promise<void> {
    this.#length = length ?? 0;
    this.#file = length === undefined ? await open(this.#part, 'w') : await this.#reopened();
    await this.#file?.truncate(this.#length);
  }

  write(value: T): void {
    this.#lines.push(`${this.format(value)}\n`);
  }

  async flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const bytes = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    await this.#file?.write(bytes, 0, bytes.length, this.#length);
    this.#length += bytes.length;
  }

  async snapshotState(): Promise<readonly number[]> {
    await this.#file?.datasync();
    return [this.#length];
  }

  async finish(): Promise<void> {
    if (this.#file === undefined) return;
    await this.#file.sync();
    await rename(this.#part, this.path);
  }

  get #part(): string {
    return `${this.path}.part`;
  }

  /** Undefined when the program had ended, and the file has its name. */
  async #reopened(): Promise<FileHandle | undefined> {
    return open(this.#part, 'r+').catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' || !(await stat(this.path)).isFile()) throw error;
      return undefined;
    });
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}
