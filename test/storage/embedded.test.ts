import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { blockingFolder } from '../../src/storage/embedded/account.js';
import { startEmbeddedPostgres } from '../../src/storage/embedded/server.js';

let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tripline-embedded-'));
  chmodSync(dataDir, 0o755);
});

afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The answer once the server is back. */
async function queryWhenUp(url: string, sql: string): Promise<Record<string, unknown>[]> {
  for (;;) {
    const rows = await query(url, sql).catch(() => undefined);
    if (rows !== undefined) return rows;
    await sleep(50);
  }
}

describe('the embedded PostgreSQL', () => {
  it('keeps its data over stop and start, with checksums, on loopback only', async () => {
    const first = await startEmbeddedPostgres({ dataDir });
    await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS n');
    const [settings] = await query(
      first.url,
      "SELECT current_setting('data_checksums') AS checksums, current_setting('listen_addresses') AS addresses",
    );
    expect(settings).toEqual({ checksums: 'on', addresses: '127.0.0.1' });
    await first.stop();
    await expect(query(first.url, 'SELECT 1')).rejects.toThrow();

    const second = await startEmbeddedPostgres({ dataDir });
    expect(second.adopted).toBe(false);
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    await second.stop();
  });

  it('refuses a wrong password', async () => {
    const server = await startEmbeddedPostgres({ dataDir });
    const url = new URL(server.url);
    url.password = 'guess';
    await expect(query(url.toString(), 'SELECT 1')).rejects.toThrow(/password/);
    await server.stop();
  });

  it('adopts a server that still runs, and leaves it to the others that use it', async () => {
    const first = await startEmbeddedPostgres({ dataDir });
    const second = await startEmbeddedPostgres({ dataDir });
    expect([second.adopted, second.pid, second.url]).toEqual([true, first.pid, first.url]);
    const user = new pg.Client({ connectionString: first.url, application_name: 'tripline' });
    await user.connect();
    await second.stop();
    expect(await query(first.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await user.end();
    await first.stop();
  });

  it('is not kept from starting by the file of a dead server whose process number another has got', async () => {
    await writeFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), `${process.pid}\n/data\n0\n1\n\n127.0.0.1\n\nready\n`);
    const server = await startEmbeddedPostgres({ dataDir });
    expect([server.adopted, await query(server.url, 'SELECT 1 AS n')]).toEqual([false, [{ n: 1 }]]);
    await server.stop();
  });

  it('names the data folder of another major version', async () => {
    const file = join(dataDir, 'postgres', 'data', 'PG_VERSION');
    const version = await readFile(file);
    await writeFile(file, '9\n');
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({ code: 'embedded-postgres-version' });
    await writeFile(file, version);
  });

  it.each([
    [0o700, { uid: 65534, gid: 65534 }, true],
    [0o711, { uid: 65534, gid: 65534 }, false],
    [0o700, undefined, false],
  ])('sees whether the account of the server may enter a folder of mode %o', async (mode, account, blocked) => {
    const folder = join(dataDir, 'entry');
    await mkdir(join(folder, 'inner'), { recursive: true });
    chmodSync(folder, mode);
    // Under a user that the account is not, e.g. root or a developer.
    expect(await blockingFolder(join(folder, 'inner', 'not-there-yet'), account)).toBe(blocked ? folder : undefined);
  });

  it('starts again on the same port when killed, with everything that was committed', async () => {
    const server = await startEmbeddedPostgres({ dataDir });
    await query(server.url, 'CREATE TABLE committed AS SELECT 7 AS n');
    const { pid } = server;
    process.kill(pid, 'SIGKILL');
    expect(await queryWhenUp(server.url, 'SELECT n FROM committed')).toEqual([{ n: 7 }]);
    await server.stop();
    expect(server.pid).not.toBe(pid);
  });
});
