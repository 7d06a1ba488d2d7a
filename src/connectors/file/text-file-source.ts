import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hashCode } from '../../engine/state/key-group-range-assignment.js';
import type { SourceReader, SourceRecord, SourceSplit } from '../../engine/stream/functions/source.js';
import { LineReader } from './lines.js';

export interface TextFileOptions {
  /** How often a folder is looked through for new files, ms; without it the source ends with the files that are there. */
  readonly monitorInterval?: number;
  /** Which files of a folder are read, by path; never those whose names begin with `.` or `_`. */
  readonly filter?: (path: string) => boolean;
}

/** How far a file has been read: a byte offset, or all of it. */
type FilePosition = number | 'done';

/**
 * The lines of a UTF-8 file, or of all files in a folder and below, without their ends (Flink's FileSource with
 * TextLineInputFormat). A file is read once, in order of names among those that are found together: it must be there
 * whole when it has its name, and stay as it is. Files are dealt to subtasks by the hash of their paths.
 */
export class TextFileSource implements SourceReader<string> {
  readonly #positions = new Map<string, FilePosition>();
  #isMine: (path: string) => boolean = () => true;
  #current: { readonly path: string; readonly reader: LineReader } | undefined;
  #closing = new AbortController();

  constructor(
    private readonly path: string,
    private readonly options: TextFileOptions = {},
  ) {}

  async open(subtask: number, parallelism: number, splits: readonly SourceSplit[] = []): Promise<void> {
    this.#isMine = (path) => (hashCode(path) >>> 0) % parallelism === subtask;
    for (const { splitId, position } of splits) {
      if (this.#isMine(splitId)) this.#positions.set(splitId, position as FilePosition);
    }
    await this.#discover();
  }

  async poll(): Promise<readonly SourceRecord<string>[] | undefined> {
    while (!this.#closing.signal.aborted) {
      const path = this.#next();
      if (path !== undefined) {
        const records = await this.#read(path);
        if (records.length > 0) return records;
      } else if (this.options.monitorInterval === undefined) {
        return undefined;
      } else {
        await delay(this.options.monitorInterval, undefined, { signal: this.#closing.signal }).catch(() => {});
        await this.#discover();
      }
    }
    return undefined;
  }

  snapshotState(): readonly SourceSplit[] {
    return [...this.#positions].map(([splitId, position]) => ({ splitId, position }));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#current?.reader.close();
  }

  /** A file that has been begun goes on first. */
  #next(): string | undefined {
    if (this.#current !== undefined) return this.#current.path;
    for (const [path, position] of this.#positions) if (position !== 'done') return path;
    return undefined;
  }

  async #read(path: string): Promise<SourceRecord<string>[]> {
    this.#current ??= { path, reader: new LineReader(path, this.#positions.get(path) as number) };
    const lines = await this.#current.reader.read();
    if (lines === undefined) {
      await this.#current.reader.close();
      this.#current = undefined;
      this.#positions.set(path, 'done');
      return [];
    }
    const last = lines.at(-1);
    if (last !== undefined) this.#positions.set(path, last.next);
    return lines.map(({ text }) => ({ value: text }));
  }

  async #discover(): Promise<void> {
    for (const path of await this.#files()) {
      if (this.#isMine(path) && !this.#positions.has(path)) this.#positions.set(path, 0);
    }
  }

  async #files(): Promise<string[]> {
    if (!(await stat(this.path)).isDirectory()) return [this.path];
    const { filter = () => true } = this.options;
    const entries = await readdir(this.path, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map(({ name, parentPath }) => join(parentPath, name));
    return files.filter((file) => !/^[._]/.test(basename(file)) && filter(file)).sort();
  }
}
