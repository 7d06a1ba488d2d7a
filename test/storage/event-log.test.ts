import { setTimeout as sleep } from 'node:timers/promises';
import { FrameCursor } from '../../src/runtime/log/frame.js';
import type { LogRecord, RequestProgress, SourceBatch, SourceReader } from '../../src/runtime/ports/stores.js';
import { Database } from '../../src/storage/database.js';
import { Lease } from '../../src/storage/lease.js';
import { PostgresEventLog } from '../../src/storage/log/event-log.js';
import { PostgresOutputStore } from '../../src/storage/output/output-store.js';
import { DeadLetterRepository } from '../../src/storage/query/dead-letters.js';
import { checkpoint, complete, deadLetter } from '../support/outputs.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

let postgres: TestPostgres;
let database: Database;
let lease: Lease;
let log: PostgresEventLog;

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

beforeEach(async () => {
  database = await Database.open({ url: await postgres.createDatabase() });
  lease = await Lease.acquire(database, 'main', 0);
  log = await PostgresEventLog.open(lease);
});

afterEach(async () => {
  log.close();
  await lease.release();
  await database.close();
});

function record(time: number, text = `{"n":${time}}`): LogRecord {
  return { time, raw: Buffer.from(text) };
}

async function readAll(reader: SourceReader, partition = 0, from = 0): Promise<{ offset: number; time: number; text: string }[]> {
  const all = [];
  let offset = from;
  for (let batch: SourceBatch | undefined; (batch = await reader.read(partition, offset)) !== undefined; ) {
    const cursor = new FrameCursor(batch.data);
    let at = batch.firstOffset;
    for (; cursor.next(); at++) if (at >= offset) all.push({ offset: at, time: cursor.time, text: Buffer.from(cursor.raw).toString() });
    expect(at).toBe(batch.firstOffset + batch.count);
    offset = at;
  }
  return all;
}

describe('the event log', () => {
  it.each([
    ['from memory', 16 << 20],
    ['from the database', 0],
  ])('gives concurrent requests gapless offsets, each its own run, read %s', async (_, tailBytes) => {
    log = await PostgresEventLog.open(lease, { tailBytes });
    await log.ensureStream('s', 2);
    const requests = Array.from({ length: 200 }, (__, request) =>
      Array.from({ length: request % 7 }, (___, n) => record(request * 100 + n)),
    );
    const firsts = await Promise.all(requests.map((records, request) => log.append('s', request % 2, records)));
    for (const partition of [0, 1]) {
      const all = await readAll(log.reader('s'), partition);
      expect(all.map(({ offset }) => offset)).toEqual(all.map((___, index) => index));
      for (const [request, records] of requests.entries()) {
        if (request % 2 !== partition) continue;
        expect(all.slice(firsts[request], firsts[request] + records.length).map(({ time }) => time)).toEqual(
          records.map(({ time }) => time),
        );
      }
      expect(log.reader('s').endOffset(partition)).toBe(all.length);
    }
    expect(log.maxTime('s', 0)).toBe(19_801);
  });

  it('groups what waits while a transaction is in flight, in chunks of at most 1 MiB', async () => {
    await log.ensureStream('s', 1);
    const big = `"${'x'.repeat(300_000)}"`;
    await Promise.all([log.append('s', 0, [record(0)]), ...Array.from({ length: 12 }, (_, n) => log.append('s', 0, [record(n, big)]))]);
    const { rows } = await database.pool.query(
      'SELECT first_offset, count, bytes, length(data) AS length FROM log_chunk ORDER BY first_offset',
    );
    expect(rows.map(({ count }) => count)).toEqual([1, 3, 3, 3, 3]);
    for (const { bytes, length } of rows) expect([bytes <= 1 << 20, bytes]).toEqual([true, length]);
  });

  it('starts a batch where a chunk starts, and finds any offset in it', async () => {
    log = await PostgresEventLog.open(lease, { tailBytes: 0 });
    await log.ensureStream('s', 1);
    for (let chunk = 0; chunk < 5; chunk++) await log.append('s', 0, [record(chunk), record(chunk), record(chunk)]);
    const reader = log.reader('s');
    for (const offset of [14, 0, 7, 8, 3, 13]) expect((await reader.read(0, offset))!.firstOffset).toBe(offset - (offset % 3));
    expect(await reader.read(0, 15)).toBeUndefined();
  });

  it('gives batches whose bytes can be transferred', async () => {
    await log.ensureStream('s', 1);
    await log.append('s', 0, [record(1)]);
    const read = async () => (await log.reader('s').read(0, 0))!.data;
    structuredClone((await read()).buffer, { transfer: [(await read()).buffer as ArrayBuffer] });
    const first = await read();
    structuredClone(first.buffer, { transfer: [first.buffer as ArrayBuffer] });
    expect(first.length).toBe(0);
    expect((await readAll(log.reader('s')))[0].text).toBe('{"n":1}');
  });

  it('writes dead letters and progress with the events, letters once per identity, whatever characters they hold', async () => {
    await log.ensureStream('s', 1);
    const progress: RequestProgress = {
      key: 'a-key',
      processed: 3,
      accepted: 1,
      rejected: [{ line: 2, code: 'late', message: 'nul \0 and \ud800' }],
      bodyHash: 'ab',
      behindWatermark: 1,
      watermark: null,
      done: false,
    };
    const letter = deadLetter('same\0\ud800', {
      message: 'nul \0 and \ud800',
      raw: Buffer.from([0xff, 0]),
      time: 5,
      watermark: Number.NEGATIVE_INFINITY,
    });
    await log.append('s', 0, [record(1)], { deadLetters: [letter, letter, deadLetter('same\0\ud801')], progress });
    await log.append('s', 0, [], { deadLetters: [letter], progress: { ...progress, watermark: -5, done: true } });
    expect(await log.progress('s', 'a-key')).toEqual({ ...progress, watermark: -5, done: true });
    expect(await log.progress('s', 'other')).toBeUndefined();
    const letters = await new DeadLetterRepository(database).list({ stream: 's', code: 'late' }, 10);
    expect(letters).toHaveLength(2);
    expect(letters[1]).toMatchObject({
      message: 'nul \\u0000 and \\ud800',
      raw: Buffer.from([0xff, 0]),
      time: 5,
      watermark: Number.NEGATIVE_INFINITY,
    });
    expect(await new DeadLetterRepository(database).list({ cursor: letters[1].id }, 10)).toEqual([]);
  });

  it('goes on after a restart where it was, with the backlog behind the last checkpoint', async () => {
    await log.ensureStream('s', 1);
    await log.append('s', 0, [record(5), record(9)]);
    await log.append('s', 0, [record(7, `"${'x'.repeat(100_000)}"`)]);
    await complete(new PostgresOutputStore(lease), [checkpoint(1, { neededOffsets: { 's/0': 2 } })]);
    const next = await PostgresEventLog.open(lease);
    expect([next.maxTime('s', 0), next.reader('s').endOffset(0), next.backlogBytes()]).toEqual([9, 3, 100_014]);
    expect(await next.append('s', 0, [record(1)])).toBe(3);
    expect(next.backlogBytes()).toBe(100_014 + 19);
    next.workedOff('s', 0, 3);
    expect(next.backlogBytes()).toBe(19);
    next.workedOff('s', 0, 4);
    expect(next.backlogBytes()).toBe(0);
  });

  it('tells readers of new events until they unsubscribe', async () => {
    await log.ensureStream('s', 1);
    let told = 0;
    const unsubscribe = log.reader('s').onAppend(() => told++);
    await log.append('s', 0, [record(1)]);
    unsubscribe();
    await log.append('s', 0, [record(2)]);
    expect(told).toBe(1);
  });

  it('refuses unknown and deleted streams; one made again counts on and begins behind the old events', async () => {
    await expect(log.append('s', 0, [record(1)])).rejects.toMatchObject({ code: 'unknown-stream' });
    await log.ensureStream('s', 1);
    await log.append('s', 0, [record(1), record(2)]);
    await log.dropStream('s');
    await expect(log.append('s', 0, [record(1)])).rejects.toMatchObject({ code: 'unknown-stream' });
    expect(await readAll(log.reader('s'))).toHaveLength(2);
    await log.ensureStream('s', 1);
    expect([log.maxTime('s', 0), (await log.reader('s').starts()).get(0), await log.append('s', 0, [record(3)])]).toEqual([
      Number.NEGATIVE_INFINITY,
      2,
      2,
    ]);
  });

  it('refuses more than its memory may hold, and takes it when the rest is written', async () => {
    log = await PostgresEventLog.open(lease, { pendingBytes: 1000 });
    await log.ensureStream('s', 1);
    const accepted = [log.append('s', 0, [record(1, 'x'.repeat(900))]), log.append('s', 0, [record(2, 'x'.repeat(900))])];
    await expect(log.append('s', 0, [record(3)])).rejects.toMatchObject({ code: 'log-overloaded' });
    expect(await Promise.all(accepted)).toEqual([0, 1]);
    expect(await log.append('s', 0, [record(4)])).toBe(2);
  });

  it('reads an unknown commit outcome back before it goes on', async () => {
    await log.ensureStream('s', 1);
    await log.append('s', 0, [record(1)]);
    // What a commit whose answer was lost leaves: the rows are there, this process does not know.
    const other = await PostgresEventLog.open(lease);
    await other.append('s', 0, [record(8), record(9)]);
    await expect(log.append('s', 0, [record(2)])).rejects.toThrow(/not at offset 1 any more/);
    while (log.reader('s').endOffset(0) !== 3) await sleep(20);
    expect(await log.append('s', 0, [record(3)])).toBe(3);
    expect((await readAll(log.reader('s'))).map(({ time }) => time)).toEqual([1, 8, 9, 3]);
    expect(log.maxTime('s', 0)).toBe(9);
  });
});
