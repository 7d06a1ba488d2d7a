import { EpochLostError, type JournalEntry } from '../../src/runtime/ports/stores.js';
import { PostgresCatalog } from '../../src/storage/catalog/catalog.js';
import { Database } from '../../src/storage/database.js';
import { Lease } from '../../src/storage/lease.js';
import { PostgresEventLog } from '../../src/storage/log/event-log.js';
import { PostgresOutputStore } from '../../src/storage/output/output-store.js';
import { AlertRepository } from '../../src/storage/query/alerts.js';
import { CheckpointRepository } from '../../src/storage/query/checkpoints.js';
import { DeadLetterRepository } from '../../src/storage/query/dead-letters.js';
import { alert, barrier, checkpoint, complete, deadLetter, journal, TESTER } from '../support/outputs.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

let postgres: TestPostgres;
let database: Database;
let lease: Lease;
let store: PostgresOutputStore;

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

beforeEach(async () => {
  database = await Database.open({ url: await postgres.createDatabase() });
  lease = await Lease.acquire(database, 'main', 0);
  store = new PostgresOutputStore(lease);
});

afterEach(async () => {
  await lease.release();
  await database.close();
});

async function collect(segments: AsyncIterable<Uint8Array>): Promise<string[]> {
  const all = [];
  for await (const segment of segments) all.push(Buffer.from(segment).toString());
  return all;
}

async function count(table: string): Promise<number> {
  return (await database.pool.query(`SELECT count(*)::int AS n FROM ${table}`)).rows[0].n;
}

const id = (name: string) => alert(name).alert.id;

describe('outputs', () => {
  it('numbers new alerts without gaps and leaves known ones out', async () => {
    const first = await store.commit([alert('a'), alert('b'), alert('a')]);
    const second = await store.commit([alert('b'), alert('c'), alert('a'), alert('d')]);
    expect([...first, ...second].map(({ number, alert: { id: each } }) => [number, each])).toEqual([
      [1, id('a')],
      [2, id('b')],
      [3, id('c')],
      [4, id('d')],
    ]);
    const again = await store.commit([alert('a'), alert('d')]);
    expect(again).toEqual([]);
  });

  it('numbers thousands in one commit', async () => {
    const rows = await store.commit(Array.from({ length: 7_000 }, (_, n) => alert(`many ${n}`)));
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 7_000 }, (_, n) => n + 1));
  });

  it('keeps bodies byte for byte, and text that PostgreSQL cannot hold', async () => {
    const body = Buffer.from('{"a":"\\u0000\\ud800", "n": 9007199254740993 }\xff', 'latin1');
    await store.commit([alert('odd', { body, key: '"\0\ud800"', rule: 'r', explanation: new Uint8Array([1, 0, 255]) })]);
    const alerts = new AlertRepository(database, 'main', 0);
    const found = (await alerts.get(id('odd')))!;
    expect([[...found.alert.body], [...found.alert.explanation]]).toEqual([[...body], [1, 0, 255]]);
    expect(await alerts.list({ keys: ['"\0\ud800"'] }, 1)).toHaveLength(1);
  });

  it('is indifferent to keys longer than an index entry', async () => {
    const key = JSON.stringify(Array.from({ length: 20_000 }, (_, n) => String(n * 7919)).join());
    await store.commit([alert('long', { key })]);
    expect(await new AlertRepository(database, 'main', 0).list({ keys: [key] }, 1)).toHaveLength(1);
  });

  it('recovers the journal behind the checkpoint and the alerts it does not cover, non-finite numbers included', async () => {
    expect(await store.recover()).toEqual({ checkpoint: undefined, journal: [], uncoveredAlerts: [] });
    const floor: JournalEntry['payload'] = {
      kind: 'partition-active',
      stream: 's',
      partition: 0,
      floor: Number.NEGATIVE_INFINITY,
      stallFloor: 5,
    };
    await complete(store, [journal(1), alert('a'), checkpoint(1, { journalSequence: 1 }), alert('b')]);
    await store.commit([journal(2, floor), alert('c')]);
    const point = await new PostgresOutputStore(lease).recover();
    expect(point.checkpoint).toEqual({ id: 1, journalSequence: 1, oldestNeeded: 1, meta: '{"id":1}' });
    expect(point.journal).toEqual([{ sequence: 2, positions: { 's/0': 2 }, payload: floor }]);
    expect(point.uncoveredAlerts).toEqual([id('b'), id('c')]);
  });

  it('covers no alert that replay has not given again', async () => {
    await store.commit([alert('a'), alert('b'), alert('c')]);
    await store.recover();
    await complete(store, [alert('a'), checkpoint(1)]);
    expect((await store.recover()).uncoveredAlerts).toEqual([id('b'), id('c')]);
    await complete(store, [alert('b'), alert('new'), checkpoint(2)]);
    expect((await store.recover()).uncoveredAlerts).toEqual([]);
  });

  it('covers the alerts before the barrier, however late the checkpoint is complete', async () => {
    const late = checkpoint(1, { journalSequence: 1 });
    await store.commit([journal(1), alert('a'), barrier(1), alert('b')]);
    await store.commit([journal(2), alert('c'), late]);
    await store.writeSegments(1, []);
    await store.completeCheckpoint(late.checkpoint);
    const point = await store.recover();
    expect(point.uncoveredAlerts).toEqual([id('b'), id('c')]);
    expect(point.journal.map(({ sequence }) => sequence)).toEqual([2]);
  });

  it('completes no checkpoint before its segments and the outputs in front of it', async () => {
    const early = checkpoint(1);
    await store.writeSegments(1, []);
    await expect(store.completeCheckpoint(early.checkpoint)).rejects.toThrow(/outputs before it/);
    await store.commit([barrier(1), barrier(2)]);
    await store.completeCheckpoint(early.checkpoint);
    await expect(store.completeCheckpoint(checkpoint(2).checkpoint)).rejects.toThrow(/segments/);
  });

  it('writes nothing of a call that fails', async () => {
    await store.commit([journal(1)]);
    const other = journal(1, { kind: 'rule-retired', rule: 'r' });
    await expect(store.commit([alert('a'), { type: 'deadLetter', deadLetter: deadLetter('x') }, other])).rejects.toThrow(/another entry/);
    expect([await count('alert'), await count('dead_letter')]).toEqual([0, 0]);
    expect((await store.commit([alert('b')]))[0].number).toBe(1);
  });

  it('may be given the same outputs again', async () => {
    const outputs = [
      journal(1),
      alert('a'),
      { type: 'deadLetter' as const, deadLetter: deadLetter('x') },
      checkpoint(1, { journalSequence: 1 }),
    ];
    await complete(store, outputs);
    expect(await store.commit(outputs)).toEqual([]);
    expect(await new DeadLetterRepository(database).list({}, 10)).toHaveLength(1);
  });

  it('lists by filters and cursor, newest first, shadow alerts only when asked', async () => {
    await store.commit([
      alert('a', { rule: 'x' }),
      alert('b', { severity: 'low' }),
      alert('c', { key: '1' }),
      alert('d', { shadow: true }),
    ]);
    const alerts = new AlertRepository(database, 'main', 0);
    const numbers = async (...given: Parameters<typeof alerts.list>) => (await alerts.list(...given)).map(({ number }) => number);
    const { detectedAt } = (await alerts.get(id('a')))!;
    expect([
      await numbers({}, 2),
      await numbers({ cursor: 3 }, 5),
      await numbers({ shadow: true }, 1),
      await numbers({ rule: 'x' }, 5),
      await numbers({ severity: 'low' }, 5),
      await numbers({ keys: ['1'] }, 5),
      await numbers({ since: detectedAt }, 5),
      await numbers({ until: detectedAt }, 5),
    ]).toEqual([[3, 2], [2, 1], [4], [1], [2], [3], [3, 2, 1], []]);
    expect((await alerts.readAfter(1, 2)).map(({ number }) => number)).toEqual([2, 3]);
    expect([await alerts.lastNumber(), await alerts.get('none')]).toEqual([4, undefined]);
  });
});

describe('checkpoints', () => {
  it('gives back the segments of completed checkpoints in order', async () => {
    const text = (name: string) => Buffer.from(name.repeat(1000));
    await complete(store, [checkpoint(1, { segments: [text('a'), text('b')] })]);
    await store.writeSegments(2, [text('abandoned')]);
    await store.writeSegments(3, [text('first try'), text('first try')]);
    await complete(store, [checkpoint(3, { oldestNeeded: 1, segments: [text('c')] })]);
    await store.writeSegments(4, [text('not completed')]);
    expect(await collect(store.segments(1, 4))).toEqual(['a', 'b', 'c'].map((name) => name.repeat(1000)));
    await store.recover();
    await complete(store, [checkpoint(4)]);
    expect(await collect(store.segments(4, 4))).toEqual([]);
  });

  it('reports stored bytes', async () => {
    const { checkpoint: savepoint } = checkpoint(1, { kind: 'savepoint' });
    const bytes = await store.writeSegments(1, [Buffer.alloc(1 << 20)]);
    await store.commit([barrier(1)]);
    await store.completeCheckpoint(savepoint);
    const [row] = await new CheckpointRepository(database, 'main', 0).list(1);
    expect(row).toMatchObject({ id: 1, kind: 'savepoint', storedBytes: bytes, pauseMs: 1 });
    expect(bytes).toBeLessThan(10_000);
  });

  it.each([
    [
      'cut off',
      'UPDATE checkpoint_segment SET data = substring(data from 1 for 10) WHERE index = 1',
      /segment 1 of checkpoint 1 .* 10 bytes/,
    ],
    ['other bytes', `UPDATE checkpoint_segment SET data = '\\x00ff' WHERE index = 2`, /segment 2 of checkpoint 1 .* 2 bytes/],
    ['gone', 'DELETE FROM checkpoint_segment WHERE index = 1', /segment 1 of checkpoint 1 .* missing, the next is number 2/],
  ])('tells which segment is damaged: %s', async (_, damage, message) => {
    await complete(store, [checkpoint(1, { segments: ['a', 'b', 'c'].map((name) => Buffer.from(name.repeat(1000))) })]);
    await database.pool.query(damage);
    const read = collect(store.segments(1, 1));
    await expect(read).rejects.toMatchObject({ code: 'checkpoint-damaged', message: expect.stringMatching(message) as unknown });
  });

  it("drops whole partitions of segments and the journal that nothing needs, but not a savepoint's", async () => {
    for (const id of [1, 20, 40, 60]) {
      const kind = id === 20 ? 'savepoint' : 'checkpoint';
      await complete(store, [journal(id), checkpoint(id, { kind, journalSequence: id, segments: [Buffer.from(`${id}`)] })]);
    }
    await store.writeSegments(61, [Buffer.from('61')]);
    await store.clean();
    const last = checkpoint(61, { oldestNeeded: 60, journalSequence: 60 });
    await store.commit([barrier(61)]);
    await store.completeCheckpoint(last.checkpoint);
    expect(await collect(store.segments(1, 61))).toEqual(['20', '60', '61']);
    expect((await database.pool.query('SELECT sequence FROM journal ORDER BY 1')).rows.map(({ sequence }) => sequence)).toEqual([40, 60]);
    expect(
      (await database.pool.query("SELECT count(*)::int AS n FROM pg_inherits WHERE inhparent = 'checkpoint_segment'::regclass")).rows[0].n,
    ).toBe(2);
  });
});

describe('retention', () => {
  const cases: [string, { retentionMs?: number; retentionBytes?: number }, Record<string, number> | undefined, number[]][] = [
    ['keeps all without a checkpoint', { retentionMs: -1000 }, undefined, [0, 1, 2, 3]],
    ['keeps what the checkpoint needs', { retentionMs: -1000 }, { 's/0': 2 }, [2, 3]],
    ['keeps what is young', {}, { 's/0': 4 }, [0, 1, 2, 3]],
    ['drops the oldest beyond the size', { retentionBytes: 2 * 112 }, { 's/0': 4 }, [2, 3]],
    ['drops by size nothing that is needed', { retentionBytes: 0 }, { 's/0': 1 }, [1, 2, 3]],
    ['keeps for a while what the checkpoint does not know', { retentionMs: -1000 }, {}, [0, 1, 2, 3]],
  ];

  it.each(cases)('%s', async (_, retention, needed, expected) => {
    store = new PostgresOutputStore(lease, retention);
    const log = await PostgresEventLog.open(lease, { tailBytes: 0 });
    await log.ensureStream('s', 1);
    for (let n = 0; n < 4; n++) {
      await log.append('s', 0, [{ time: n, raw: Buffer.alloc(100, 'x') }], {
        progress: { key: `${n}`, processed: 1, accepted: 1, rejected: [], bodyHash: '', behindWatermark: 0, watermark: null, done: true },
      });
      await database.pool.query('UPDATE log_chunk SET arrival_time = arrival_time - 10 + first_offset WHERE first_offset = $1', [n]);
    }
    if (needed !== undefined) await complete(store, [checkpoint(1, { neededOffsets: needed })]);
    await store.clean();
    const { rows } = await database.pool.query('SELECT first_offset FROM log_chunk ORDER BY 1');
    expect(rows.map(({ first_offset }) => first_offset)).toEqual(expected);
    expect((await log.reader('s').read(0, 0))?.firstOffset).toBe(expected[0]);
    expect(await count('request_progress')).toBe(needed !== undefined && retention.retentionMs !== undefined ? 0 : 4);
  });
});

describe('retention of outputs', () => {
  const age = (table: string, column: string, where: string) =>
    database.pool.query(`UPDATE ${table} SET ${column} = ${column} - 100000 WHERE ${where}`);

  beforeEach(() => {
    store = new PostgresOutputStore(lease, { alertsMs: 50_000, deadLettersMs: 50_000 });
  });

  it('drops old alerts that the checkpoint covers and every sink has read, and no others', async () => {
    await complete(store, [alert('a'), alert('b'), alert('c'), checkpoint(1), alert('d')]);
    await age('alert', 'detected_at', `id <> '${id('c')}'`);
    await database.pool.query("INSERT INTO sink_cursor (sink, number, updated_at) VALUES ('slow', 1, 0)");
    const left = async () => {
      await store.clean();
      return (await database.pool.query('SELECT id FROM alert ORDER BY number')).rows.map((row) => row.id);
    };
    expect(await left()).toEqual([id('b'), id('c'), id('d')]);
    await database.pool.query('DELETE FROM sink_cursor');
    expect(await left()).toEqual([id('c'), id('d')]);
    expect((await store.commit([alert('e')]))[0].number).toBe(5);
  });

  it('drops old dead letters, but none that replay may give again', async () => {
    const letter = (identity: string) => ({ type: 'deadLetter' as const, deadLetter: deadLetter(identity) });
    await complete(store, [letter('old'), letter('young'), letter('not covered for sure'), checkpoint(1)]);
    await age('dead_letter', 'received_at', "identity = 'old'");
    await database.pool.query('UPDATE checkpoint SET completed_at = completed_at - 200000');
    await store.clean();
    expect(await count('dead_letter')).toBe(3);
    await complete(store, [checkpoint(2)]);
    await store.clean();
    expect(await count('dead_letter')).toBe(2);
  });
});

it('what the engine stopped is paused for users in the same transaction, unless a newer version is there', async () => {
  const catalog = new PostgresCatalog(database);
  const { version } = await catalog.createRule('r', { id: 'r' }, 'active', TESTER);
  const stop = (sequence: number) => journal(sequence, { kind: 'rule-paused', rule: 'r', reason: 'limit', version });
  await store.commit([stop(1)]);
  expect((await catalog.currentRule('r'))?.status).toBe('paused');
  await catalog.putRuleVersion('r', { id: 'r', title: 'next' }, 'active', TESTER);
  await store.commit([stop(2)]);
  expect((await catalog.currentRule('r'))?.status).toBe('active');
});

describe('the lease', () => {
  it('refuses a second owner while the first lives, names it, and lets the next in when it goes', async () => {
    await expect(Lease.acquire(database, 'main', 0, { wait: 200 })).rejects.toMatchObject({
      code: 'shard-owned',
      message: expect.stringContaining(lease.owner),
    });
    const waiting = Lease.acquire(database, 'main', 0);
    await lease.release();
    const next = await waiting;
    expect(next.epoch).toBe(lease.epoch + 1);
    const other = await Lease.acquire(database, 'main', 1);
    expect(other.epoch).toBe(1);
    await Promise.all([next.release(), other.release()]);
  });

  it('stops every write of an owner that was replaced', async () => {
    const log = await PostgresEventLog.open(lease);
    await log.ensureStream('s', 1);
    await lease.release();
    const next = await Lease.acquire(database, 'main', 0);
    const writes = [
      () => store.commit([alert('a')]),
      () => store.writeSegments(1, [Buffer.from('x')]),
      () => store.recover(),
      () => log.append('s', 0, [{ time: 1, raw: Buffer.from('1') }]),
      () => log.ensureStream('t', 1),
      () => log.dropStream('s'),
    ];
    for (const write of writes) await expect(write()).rejects.toBeInstanceOf(EpochLostError);
    expect(await new PostgresOutputStore(next).commit([alert('a')])).toHaveLength(1);
    await next.release();
  });
});
