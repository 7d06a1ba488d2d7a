import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BinaryReader, BinaryWriter } from '../../engine/state/binary.js';
import { plainSerializer } from '../../engine/state/serializer/plain-serializer.js';
import { type CheckpointStorage, CheckpointStorageError, type CompletedCheckpoint } from '../../runtime/ports/checkpoint-storage.js';
import { readSealed, syncFolder, writeSealed } from './sealed-file.js';

const METADATA = '_metadata';
const PREFIX = 'chk-';
const OWNER = '_owner';
const SEGMENT = 'segment-';

/** A checkpoint's metadata file: what is told of it, then its metadata. */
interface Stored {
  readonly checkpoint: CompletedCheckpoint;
  /** How many it has. */
  readonly segments: number;
  readonly metadata: Uint8Array;
}

/**
 * Checkpoints in a folder (Flink's class of this name): `chk-<id>` holds its segments and, once it is complete,
 * `_metadata`. One program at a time may use a folder: the last that has opened it. An earlier one that was taken for
 * dead completes no checkpoint any more.
 */
export class FileSystemCheckpointStorage implements CheckpointStorage {
  readonly #name = randomUUID();

  constructor(readonly folder: string) {}

  async open(): Promise<readonly CompletedCheckpoint[]> {
    await mkdir(this.folder, { recursive: true });
    await writeFile(join(this.folder, OWNER), this.#name);
    const complete: CompletedCheckpoint[] = [];
    for (const id of await this.#ids()) {
      const files = await readdir(this.#path(id));
      if (files.includes(METADATA)) complete.push((await this.#read(id)).checkpoint);
      else await this.abort(id);
    }
    return complete;
  }

  async writeSegment(checkpointId: number, index: number, segment: Uint8Array): Promise<number> {
    await this.#checkOwner();
    const path = this.#path(checkpointId);
    await mkdir(path, { recursive: true });
    await writeSealed(join(path, segmentName(index)), segment);
    return segment.length;
  }

  async complete(checkpoint: CompletedCheckpoint, metadata: Uint8Array): Promise<void> {
    const out = new BinaryWriter();
    const path = this.#path(checkpoint.id);
    await mkdir(path, { recursive: true });
    const segments = (await readdir(path)).filter((name) => name.startsWith(SEGMENT)).length;
    const stored: Stored = { checkpoint, segments, metadata };
    plainSerializer.write(stored, out);
    await this.#checkOwner();
    await writeSealed(join(path, METADATA), out.toBytes());
    await syncFolder(this.folder);
  }

  async abort(checkpointId: number): Promise<void> {
    await this.#checkOwner();
    await rm(this.#path(checkpointId), { recursive: true, force: true });
  }

  async readMetadata(checkpointId: number): Promise<Uint8Array> {
    await this.#checkOwner();
    return (await this.#read(checkpointId)).metadata;
  }

  async *segments(oldest: number, newest: number): AsyncGenerator<Uint8Array> {
    for (const id of await this.#ids()) {
      if (id < oldest || id > newest) continue;
      const files = await readdir(this.#path(id));
      if (!files.includes(METADATA)) continue;
      const { segments } = await this.#read(id);
      for (let index = 0; index < segments; index++) yield await readSealed(join(this.#path(id), segmentName(index)));
    }
  }

  async dropBefore(oldest: number): Promise<void> {
    await this.#checkOwner();
    for (const id of await this.#ids()) {
      if (id >= oldest) continue;
      // First it is no longer there, then its files go.
      await rm(join(this.#path(id), METADATA), { force: true });
      await this.abort(id);
    }
  }

  /** What is there, without taking it over: the program that uses the folder goes on. Oldest first. */
  async inspect(): Promise<readonly { readonly checkpoint: CompletedCheckpoint; readonly metadata: Uint8Array }[]> {
    const stored: Stored[] = [];
    for (const id of await this.#ids()) if ((await readdir(this.#path(id))).includes(METADATA)) stored.push(await this.#read(id));
    return stored;
  }

  /** @throws CheckpointStorageError `checkpoint-storage-owned` */
  async #checkOwner(): Promise<void> {
    const owner = await readFile(join(this.folder, OWNER), 'utf8').catch(() => this.#name);
    if (owner === this.#name) return;
    throw new CheckpointStorageError('checkpoint-storage-owned', `another program has taken over the checkpoints in ${this.folder}`);
  }

  async #read(id: number): Promise<Stored> {
    return plainSerializer.read(new BinaryReader(await readSealed(join(this.#path(id), METADATA))), 1) as Stored;
  }

  /** Rising. */
  async #ids(): Promise<number[]> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw new CheckpointStorageError('checkpoint-not-found', `there is no folder ${this.folder}`);
      throw error;
    });
    const ids = names.filter((name) => name.startsWith(PREFIX)).map((name) => Number(name.slice(PREFIX.length)));
    return ids.filter((id) => Number.isSafeInteger(id)).sort((a, b) => a - b);
  }

  #path(id: number): string {
    return join(this.folder, `${PREFIX}${id}`);
  }
}

function segmentName(index: number): string {
  return `${SEGMENT}${index}`;
}
