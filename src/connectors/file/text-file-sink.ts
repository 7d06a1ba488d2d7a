import { type FileHandle, open, rename } from 'node:fs/promises';
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
    this.#file = await open(`${this.path}.part`, length === undefined ? 'w' : 'r+');
    this.#length = length ?? 0;
    await this.#file.truncate(this.#length);
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
    await this.#file?.sync();
    await rename(`${this.path}.part`, this.path);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}
