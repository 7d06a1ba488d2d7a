/** Files that are there whole or not at all: written aside, synced, then renamed; a checksum tells damage. */
import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { CheckpointStorageError } from '../../runtime/ports/checkpoint-storage.js';

const MAGIC = Buffer.from('TLCK');
/** Magic, then uint32 LE checksum of what follows, CRC-32. */
const HEADER_BYTES = 8;

/** @throws CheckpointStorageError `checkpoint-storage-full` when there is no room; nothing is under the name then */
export async function writeSealed(path: string, content: Uint8Array): Promise<void> {
  const aside = `${path}.part`;
  try {
    await withFile(aside, 'w', async (file) => {
      await file.writeFile(header(content));
      await file.writeFile(content);
      await file.sync();
    });
    await rename(aside, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw storageFull(path, error) ?? error;
  }
}

/** @throws CheckpointStorageError `checkpoint-damaged` when the file is not as it was written, or gone */
export async function readSealed(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw damaged(path, 'it is missing');
    throw error;
  });
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw damaged(path, 'it does not begin as such a file does');
  const content = bytes.subarray(HEADER_BYTES);
  const expected = bytes.readUInt32LE(MAGIC.length);
  const found = crc32(content);
  if (found !== expected) throw damaged(path, `its checksum is ${hex(found)}, ${hex(expected)} expected`);
  return content;
}

/** A rename is safe once the folder is. */
export async function syncFolder(path: string): Promise<void> {
  await withFile(path, 'r', (folder) => folder.sync());
}

function header(content: Uint8Array): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(crc32(content), MAGIC.length);
  return bytes;
}

async function withFile(path: string, flags: string, work: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags);
  try {
    await work(file);
  } finally {
    await file.close();
  }
}

function storageFull(path: string, error: unknown): CheckpointStorageError | undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined;
  return new CheckpointStorageError('checkpoint-storage-full', `there is no room to write ${basename(path)} in ${dirname(path)}`, {
    cause: error,
  });
}

function damaged(path: string, how: string): CheckpointStorageError {
  return new CheckpointStorageError('checkpoint-damaged', `${path} is damaged: ${how}`);
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}
