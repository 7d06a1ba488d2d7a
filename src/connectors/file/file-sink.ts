import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Committer, Sink, SinkWriter, WriterInitContext } from '../../engine/stream/functions/sink.js';
import { lineOf } from './lines.js';

export interface FileSinkOptions<T> {
  /** Made when it is not there. Nothing else may write files of this sink's names into it. */
  readonly folder: string;
  /** An element as a line; by default texts as they are, others as JSON. */
  readonly format?: (value: T) => string;
  /** The folder below, `day=2026-01-01` and the like, in which an element goes. */
  readonly bucket?: (value: T, timestamp: number | undefined) => string;
  /** `part-<writer>-<subtask>-<number><suffix>` are the names of files. */
  readonly prefix?: string;
  readonly suffix?: string;
}

/** A file that is written and synced, and waits for its checkpoint; places are below the sink's folder. */
export interface PendingFile {
  readonly from: string;
  readonly to: string;
}

/**
 * Lines in files that are rolled at each checkpoint (Flink's FileSink with OnCheckpointRollingPolicy). A file is hidden
 * (`.….inprogress`) until its checkpoint is complete; then it has its name, whole and once, over any failure.
 */
export class FileSink<T> implements Sink<T, PendingFile> {
  constructor(private readonly options: FileSinkOptions<T>) {}

  createWriter(): SinkWriter<T, PendingFile> {
    return new FileWriter(this.options);
  }

  createCommitter(): Committer<PendingFile> {
    return { commit: (files) => commitFiles(this.options.folder, files) };
  }
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly from: string;
  readonly to: string;
}

class FileWriter<T> implements SinkWriter<T, PendingFile> {
  /** In no name twice, so that a writer of an earlier life stays out of the way. */
  readonly #life = randomUUID().slice(0, 8);
  readonly #lines = new Map<string, string[]>();
  readonly #files = new Map<string, OpenFile>();
  #subtask = 0;
  #number = 0;

  constructor(private readonly options: FileSinkOptions<T>) {}

  async open({ subtask }: WriterInitContext): Promise<void> {
    this.#subtask = subtask;
    await mkdir(this.options.folder, { recursive: true });
    if (subtask === 0) await dropUnfinished(this.options.folder, this.#prefix);
  }

  write(value: T, timestamp: number | undefined): void {
    const { bucket, format = lineOf } = this.options;
    const into = bucket?.(value, timestamp) ?? '';
    const lines = this.#lines.get(into);
    const line = `${format(value)}\n`;
    if (lines === undefined) this.#lines.set(into, [line]);
    else lines.push(line);
  }

  async flush(): Promise<void> {
    for (const [bucket, lines] of this.#lines) {
      const { handle } = this.#files.get(bucket) ?? (await this.#create(bucket));
      await handle.appendFile(lines.join(''));
    }
    this.#lines.clear();
  }

  async prepareCommit(): Promise<readonly PendingFile[]> {
    const pending: PendingFile[] = [];
    for (const [bucket, { handle, from, to }] of this.#files) {
      await handle.sync();
      await handle.close();
      this.#files.delete(bucket);
      pending.push({ from, to });
    }
    return pending;
  }

  async close(): Promise<void> {
    for (const { handle, from } of this.#files.values()) {
      await handle.close();
      await rm(join(this.options.folder, from), { force: true });
    }
    this.#files.clear();
  }

  get #prefix(): string {
    return this.options.prefix ?? 'part';
  }

  async #create(bucket: string): Promise<OpenFile> {
    const { folder, suffix = '' } = this.options;
    const name = `${this.#prefix}-${this.#life}-${this.#subtask}-${this.#number++}${suffix}`;
    const [from, to] = [join(bucket, `.${name}.inprogress`), join(bucket, name)];
    if (relative(folder, join(folder, to)).startsWith('..')) throw new RangeError(`bucket "${bucket}" is not below the sink's folder`);
    await mkdir(join(folder, bucket), { recursive: true });
    const file = { handle: await open(join(folder, from), 'ax'), from, to };
    this.#files.set(bucket, file);
    return file;
  }
}

/** Files that no checkpoint has: those of earlier lives, whatever a writer taken for dead still adds to them. */
async function dropUnfinished(folder: string, prefix: string): Promise<void> {
  for (const { name, parentPath } of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (name.startsWith(`.${prefix}-`) && name.endsWith('.inprogress')) await rm(join(parentPath, name), { force: true });
  }
}

async function commitFiles(folder: string, files: readonly PendingFile[]): Promise<void> {
  for (const { from, to } of files) {
    try {
      await rename(join(folder, from), join(folder, to));
    } catch (error) {
      if (!(await exists(join(folder, to)))) throw error;
    }
  }
  for (const parent of new Set(files.map(({ to }) => dirname(join(folder, to))))) await syncFolder(parent);
}

/** A name outlives a power cut once its folder is synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
