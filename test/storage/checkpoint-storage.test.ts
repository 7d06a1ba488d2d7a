import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CheckpointKind,
  type CheckpointStorage,
  FileSystemCheckpointStorage,
  MemoryCheckpointStorage,
  PostgresCheckpointStorage,
} from 'tripline';
import { startTestPostgres } from '../support/postgres.js';

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let url: string;
let folder: string;
let number = 0;

beforeAll(async () => {
  postgres = await startTestPostgres();
  url = await postgres.createDatabase();
  folder = await mkdtemp(join(tmpdir(), 'tripline-storage-'));
}, 60_000);

afterAll(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true });
});

const bytes = (text: string): Uint8Array => Buffer.from(text);

async function write(storage: CheckpointStorage, id: number, oldestNeeded: number, kind: CheckpointKind = 'checkpoint'): Promise<void> {
  const sizes = [await storage.writeSegment(id, 0, bytes(`${id}a`)), await storage.writeSegment(id, 1, bytes(`${id}b`))];
  const stored = sizes.reduce((a, b) => a + b);
  await storage.complete(
    { id, kind, triggerTimestamp: id * 10, completedAt: id * 10 + 5, bytes: stored, oldestNeeded },
    bytes(`meta ${id}`),
  );
}

async function segments(storage: CheckpointStorage, oldest: number, newest: number): Promise<string> {
  const found: string[] = [];
  for await (const segment of storage.segments(oldest, newest)) found.push(Buffer.from(segment).toString());
  return found.join(' ');
}

/** Each makes a storage, and the same one again as a process that starts anew finds it. */
const STORAGES: Record<string, () => () => CheckpointStorage> = {
  memory: () => {
    const storage = new MemoryCheckpointStorage();
    return () => storage;
  },
  'file system': () => {
    const path = join(folder, `storage-${number++}`);
    return () => new FileSystemCheckpointStorage(path);
  },
  PostgreSQL: () => {
    const name = `storage-${number++}`;
    return () => new PostgresCheckpointStorage({ url, name });
  },
};

describe.each(Object.entries(STORAGES))('checkpoints in %s', (_name, make) => {
  let again: () => CheckpointStorage;
  let storage: CheckpointStorage;

  beforeEach(async () => {
    again = make();
    storage = again();
    expect(await storage.open()).toEqual([]);
  });

  afterEach(async () => storage.close?.());

  /** As the next process finds it. */
  async function restart() {
    await storage.close?.();
    storage = again();
    return (await storage.open()).map(({ id, kind, oldestNeeded, triggerTimestamp, completedAt }) =>
      [id, kind, oldestNeeded, triggerTimestamp, completedAt].join(' '),
    );
  }

  it('are there with their metadata and segments, those of others they need first', async () => {
    await write(storage, 1, 1);
    await write(storage, 2, 1);
    await write(storage, 12, 12);
    expect(await restart()).toEqual(['1 checkpoint 1 10 15', '2 checkpoint 1 20 25', '12 checkpoint 12 120 125']);
    expect(Buffer.from(await storage.readMetadata(2)).toString()).toBe('meta 2');
    expect(await segments(storage, 1, 2)).toBe('1a 1b 2a 2b');
    expect(await segments(storage, 12, 12)).toBe('12a 12b');
    await expect(storage.readMetadata(7)).rejects.toThrow();
  });

  it('one that was not completed is not there, and leaves nothing', async () => {
    await write(storage, 1, 1);
    await storage.writeSegment(2, 0, bytes('lost'));
    await storage.writeSegment(3, 0, bytes('given up'));
    await storage.abort(3);
    await write(storage, 4, 1);
    await storage.writeSegment(5, 0, bytes('lost'));
    expect(await restart()).toEqual(['1 checkpoint 1 10 15', '4 checkpoint 1 40 45']);
    expect(await segments(storage, 1, 4)).toBe('1a 1b 4a 4b');
    await write(storage, 5, 1);
    expect(await segments(storage, 5, 5)).toBe('5a 5b');
  });

  it('go when no later one needs them', async () => {
    for (const id of [1, 2, 3]) await write(storage, id, id);
    await storage.dropBefore(3);
    expect(await restart()).toEqual(['3 checkpoint 3 30 35']);
    expect(await segments(storage, 1, 3)).toBe('3a 3b');
    await storage.dropBefore(Infinity);
    expect(await restart()).toEqual([]);
  });
});

describe('checkpoints in PostgreSQL', () => {
  it('savepoints stay when checkpoints go', async () => {
    const storage = new PostgresCheckpointStorage({ url, name: 'savepoints' });
    await storage.open();
    await write(storage, 1, 1, 'savepoint');
    await write(storage, 40, 40);
    await storage.dropBefore(Infinity);
    expect((await storage.open()).map(({ id, kind }) => `${kind} ${id}`)).toEqual(['savepoint 1']);
    expect(await segments(storage, 1, 1)).toBe('1a 1b');
    await storage.close();
  });

  it('a second process of the same program is kept out', async () => {
    const first = new PostgresCheckpointStorage({ url, name: 'owned' });
    await first.open();
    const second = new PostgresCheckpointStorage({ url, name: 'owned' });
    await expect(second.open()).rejects.toThrow('job program/owned, shard 0 is run by another process');
    await first.close();
  }, 20_000);
});
