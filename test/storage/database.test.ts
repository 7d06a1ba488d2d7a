import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from '../../src/storage/database.js';
import { PostgresCatalog } from '../../src/storage/catalog/catalog.js';
import { Lease } from '../../src/storage/lease.js';
import { PostgresEventLog } from '../../src/storage/log/event-log.js';
import { PostgresOutputStore } from '../../src/storage/output/output-store.js';
import { SinkCursorRepository } from '../../src/storage/query/sink-cursors.js';
import { alert, TESTER } from '../support/outputs.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

let postgres: TestPostgres;
let url: string;

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  url = await postgres.createDatabase();
});

describe('the database', () => {
  it('is migrated once by processes that start together, and refused when a later version migrated it', async () => {
    const databases = await Promise.all([Database.open({ url }), Database.open({ url })]);
    const names = (await databases[0].pool.query<{ name: string }>('SELECT name FROM migration')).rows.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    expect(names[0]).toMatch(/^Spine/);
    await databases[0].pool.query("INSERT INTO migration (timestamp, name) VALUES (9999999999999, 'Later9999999999999')");
    await Promise.all(databases.map((database) => database.close()));
    await expect(Database.open({ url })).rejects.toMatchObject({ code: 'database-newer' });
  });

  it('rejects promptly while the server is away, then goes on with all that was committed', async () => {
    const database = await Database.open({ url });
    const lease = await Lease.acquire(database, 'main', 0);
    const log = await PostgresEventLog.open(lease);
    const store = new PostgresOutputStore(lease);
    await log.ensureStream('s', 1);
    const append = (time: number) => log.append('s', 0, [{ time, raw: Buffer.from(`${time}`) }]);
    for (let time = 0; time < 20; time++) await append(time);
    await store.commit([alert('a')]);

    process.kill(postgres.server.pid, 'SIGKILL');
    const since = Date.now();
    const outcomes = await Promise.allSettled([
      append(20),
      store.commit([alert('b')]),
      database.ping(),
      new PostgresCatalog(database).rules(),
    ]);
    expect(Date.now() - since).toBeLessThan(6_000);
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);

    const lost = outcomes[0].status === 'rejected';
    while (
      !(await database.ping().then(
        () => true,
        () => false,
      ))
    )
      await sleep(50);
    const offset = await append(21);
    const { rows } = await database.pool.query('SELECT sum(count)::int AS n FROM log_chunk');
    expect([offset, rows[0].n]).toEqual(lost && offset === 20 ? [20, 21] : [21, 22]);
    const [row] = await store.commit([alert('b'), alert('c')]);
    expect(row.number).toBe(outcomes[1].status === 'fulfilled' ? 3 : 2);
    // The lease is taken again: another owner is still refused.
    await expect(leaseRefused(database)).resolves.toBe(true);
    log.close();
    await lease.release();
    await database.close();
  });
});

/** Once the first owner has its lock again, a second one must be refused. */
async function leaseRefused(database: Database): Promise<boolean> {
  const held =
    "SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
  while ((await database.pool.query(held)).rowCount === 0) await sleep(50);
  return Lease.acquire(database, 'main', 0, { wait: 0 }).then(
    () => false,
    (error: { code?: string }) => error.code === 'shard-owned',
  );
}

describe('the catalog', () => {
  it('keeps every version, counts on after deletion, and knows an unchanged document', async () => {
    const database = await Database.open({ url });
    const catalog = new PostgresCatalog(database);
    const document = (n: number) => ({ id: 'r', text: '\0\ud800', n });
    expect(await catalog.createRule('r', document(1), 'active', TESTER)).toMatchObject({
      id: 'r',
      version: 1,
      status: 'active',
      document: document(1),
    });
    await expect(catalog.createRule('r', document(1), 'active', TESTER)).rejects.toMatchObject({ code: 'rule-exists' });
    expect(await catalog.putRuleVersion('r', document(1), 'shadow', TESTER)).toMatchObject({
      created: false,
      changed: false,
      rule: { version: 1, status: 'shadow' },
    });
    expect(await catalog.putRuleVersion('r', document(2), 'active', TESTER)).toMatchObject({
      created: false,
      changed: true,
      rule: { version: 2 },
    });
    await catalog.retireRule('r', TESTER);
    expect(await catalog.currentRule('r')).toMatchObject({ version: 2, status: 'retired' });
    expect(await catalog.putRuleVersion('r', document(2), 'active', TESTER)).toMatchObject({ created: true, rule: { version: 3 } });
    expect((await catalog.listVersions('r')).map(({ version }) => version)).toEqual([3, 2, 1]);
    expect((await catalog.rule('r', 1))?.document).toEqual(document(1));
    expect(await catalog.rule('r', 9)).toBeUndefined();
    expect(await catalog.rules()).toHaveLength(1);
    await database.close();
  });

  it('numbers versions of streams put at the same time', async () => {
    const database = await Database.open({ url });
    const catalog = new PostgresCatalog(database);
    const stored = await Promise.all([1, 2, 3, 4].map((n) => catalog.putStream('s', { n }, TESTER)));
    expect(stored.map(({ stream }) => stream.version).sort()).toEqual([1, 2, 3, 4]);
    expect(stored.filter(({ created }) => created)).toHaveLength(1);
    await catalog.deleteStream('s', TESTER);
    expect(await catalog.streams()).toMatchObject([{ name: 's', version: 4, deleted: true }]);
    expect(await catalog.putStream('s', { n: 1 }, TESTER)).toMatchObject({ created: true, stream: { version: 5, deleted: false } });
    await database.close();
  });

  it('keeps sink cursors', async () => {
    const database = await Database.open({ url });
    const cursors = new SinkCursorRepository(database);
    expect(await cursors.get('k')).toBeUndefined();
    await cursors.set('k', 5);
    await cursors.set('k', 7);
    expect(await cursors.get('k')).toBe(7);
    await database.close();
  });
});
