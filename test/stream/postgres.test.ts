import pg from 'pg';
import { type CommitContext, ForeignWriterError, PostgresSink, type PostgresSinkOptions, StreamExecutionEnvironment } from 'tripline';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

interface Item {
  readonly k: string;
  readonly v: number;
  readonly tags?: readonly string[];
}

const COLUMNS = { k: ({ k }: Item) => k, v: ({ v }: Item) => v };
const at = (checkpointId: number, restored = false): CommitContext => ({ checkpointId, restored });

let postgres: TestPostgres;
let url: string;
let client: pg.Client;
beforeAll(async () => {
  postgres = await startTestPostgres();
  url = await postgres.createDatabase();
  client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
}, 60_000);
afterAll(async () => {
  await client?.end();
  await postgres?.stop();
});

const rows = async (table: string) => (await client.query(`SELECT * FROM ${table} ORDER BY k, v`)).rows.map(({ k, v }) => `${k}${v}`);

it('at least once with a key: the last row of each, however often it is written', async () => {
  await client.query('CREATE SCHEMA s; CREATE TABLE s."Odd name" (k text PRIMARY KEY, v int, tags jsonb)');
  const sink = new PostgresSink<Item>({ url, table: 's.Odd name', columns: { ...COLUMNS, tags: ({ tags }) => tags }, key: ['k'] });
  for (let run = 0; run < 2; run++) {
    const env = StreamExecutionEnvironment.createLocalEnvironment(1);
    env.fromElements<Item>({ k: 'a', v: 1, tags: ['x'] }, { k: 'b', v: 2 }, { k: 'a', v: 3, tags: ['y', 'z'] }).sinkTo(sink);
    await env.execute();
  }
  const found = await client.query('SELECT * FROM s."Odd name" ORDER BY k');
  expect(found.rows).toEqual([
    { k: 'a', v: 3, tags: ['y', 'z'] },
    { k: 'b', v: 2, tags: null },
  ]);
});

it('more rows than one statement takes', async () => {
  await client.query('CREATE TABLE many (k text, v int)');
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const items = Array.from({ length: 40_000 }, (_, v) => ({ k: 'k', v }));
  env
    .fromCollection(items)
    .sinkTo(new PostgresSink<Item>({ url, table: 'many', columns: COLUMNS, deliveryGuarantee: 'exactlyOnce', sinkName: 'many' }));
  await env.execute();
  expect((await client.query('SELECT count(DISTINCT v)::int AS n, count(*)::int AS all FROM many')).rows).toEqual([
    { n: 40_000, all: 40_000 },
  ]);
});

describe('exactly once', () => {
  async function opened(table: string, restored?: { checkpoint: number; state: readonly string[] }) {
    const options: PostgresSinkOptions<Item> = { url, table, columns: COLUMNS, deliveryGuarantee: 'exactlyOnce', sinkName: table };
    const sink = new PostgresSink<Item>(options);
    const writer = sink.createWriter();
    const context = { subtask: 0, parallelism: 1, restoredCheckpointId: restored?.checkpoint, restoredState: restored?.state ?? [] };
    await writer.open?.(context);
    const prepare = (...values: number[]) => {
      for (const v of values) writer.write({ k: 'a', v }, undefined);
      return writer.prepareCommit!();
    };
    return { committer: sink.createCommitter!(), prepare, state: () => writer.snapshotState!(0) };
  }

  it('a checkpoint is written once, also when it is restored, and over a lost connection', async () => {
    await client.query('CREATE TABLE once (k text, v int)');
    const first = await opened('once');
    const state = await first.state();
    await first.committer.commit(await first.prepare(1, 2), at(1));
    await client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    );
    const second = await first.prepare(3);
    await first.committer.commit(second, at(2));
    await first.committer.close?.();
    const next = await opened('once', { checkpoint: 2, state });
    await next.committer.commit(second, at(2, true));
    await next.committer.commit(await next.prepare(4), at(3));
    await next.committer.close?.();
    expect(await rows('once')).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  it('a writer that was replaced writes nothing', async () => {
    await client.query('CREATE TABLE zombie (k text, v int)');
    const zombie = await opened('zombie');
    const state = await zombie.state();
    await zombie.committer.commit(await zombie.prepare(1), at(1));
    const successor = await opened('zombie', { checkpoint: 1, state });
    await successor.committer.commit(await successor.prepare(2), at(2));
    await expect(zombie.committer.commit(await zombie.prepare(20), at(2))).rejects.toThrow(ForeignWriterError);
    await Promise.all([zombie.committer.close?.(), successor.committer.close?.()]);
    expect(await rows('zombie')).toEqual(['a1', 'a2']);
  });
});

it('what another try cannot mend fails at once', async () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  env.fromElements<Item>({ k: 'a', v: 1 }).sinkTo(new PostgresSink<Item>({ url, table: 'missing', columns: COLUMNS }));
  await expect(env.execute()).rejects.toThrow('relation "missing" does not exist');
  expect(() => new PostgresSink<Item>({ url, table: 't', columns: COLUMNS, key: ['w'] })).toThrow('the key "w" is no column: k, v');
  expect(() => new PostgresSink<Item>({ url, table: 't', columns: COLUMNS, deliveryGuarantee: 'exactlyOnce' })).toThrow('needs a sinkName');
});
