import { randomInt } from 'node:crypto';
import { HttpIngester, type IngesterOptions } from '../../src/connectors/http/ingester.js';
import type { IngestOutcome } from '../../src/connectors/http/ingest-outcome.js';
import { splitterFor } from '../../src/connectors/http/json-splitter.js';
import { partitionerOf } from '../../src/connectors/http/partitioner.js';
import { readStream } from '../../src/engine/rule/index.js';
import { FrameCursor } from '../../src/runtime/log/frame.js';
import type { JobStatus } from '../../src/runtime/ports/job-control.js';
import { Database } from '../../src/storage/database.js';
import { Lease } from '../../src/storage/lease.js';
import { PostgresEventLog } from '../../src/storage/log/event-log.js';
import { DeadLetterRepository } from '../../src/storage/query/dead-letters.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

const NOW = 1_767_225_600_000;
let postgres: TestPostgres;
let database: Database;
let log: PostgresEventLog;
let lease: Lease;
let refusedStreams: string[];
let jobState: JobStatus['state'];

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  database = await Database.open({ url: await postgres.createDatabase() });
  lease = await Lease.acquire(database, 'main', 0);
  log = await PostgresEventLog.open(lease);
  refusedStreams = [];
  jobState = 'running';
});
afterEach(async () => {
  log.close();
  await lease.release();
  await database.close();
});

function ingesterWith(more: Partial<IngesterOptions> = {}): HttpIngester {
  const job = {
    refused: (stream: string) => void refusedStreams.push(stream),
    status: (): JobStatus => ({ state: jobState, reason: null, since: 0, streams: [], stalls: [], restarts: 0 }),
    watermark: () => null,
  };
  const options = { maxEventBytes: 1_000, maxEventNesting: 16, farFutureMs: 3_600_000, backlogBytes: 1 << 30, ...more };
  return new HttpIngester(log, job, options, () => NOW);
}

async function makeStream(document: object) {
  const { stream, problems } = readStream(document);
  if (stream === undefined) throw new Error(JSON.stringify(problems));
  await log.ensureStream(stream.name, stream.source.kind === 'http' ? stream.source.partitions : 1);
  return stream;
}

async function* chunksOf(body: string | Buffer, size = 65_536): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(body as string);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const TIMED = { name: 's', time: { field: 'ts', format: 'epochMillis' } };
type Stream = Awaited<ReturnType<typeof makeStream>>;

function send(ingester: HttpIngester, stream: Stream, body: AsyncIterable<Buffer>, idempotencyKey?: string, type = 'application/x-ndjson') {
  const splitter = splitterFor(type, ingester.options.maxEventBytes)!;
  return ingester.ingest({ stream, partitionOf: partitionerOf(stream), body, splitter, idempotencyKey });
}

/** What the log holds: [time, raw] of every event. */
async function stored(stream: string, partition = 0): Promise<[number, string][]> {
  const reader = log.reader(stream);
  const events: [number, string][] = [];
  while (events.length < reader.endOffset(partition)) {
    const batch = (await reader.read(partition, events.length))!;
    const cursor = new FrameCursor(batch.data);
    for (let at = batch.firstOffset; cursor.next(); at++)
      if (at === events.length) events.push([cursor.time, Buffer.from(cursor.raw).toString()]);
  }
  return events;
}

const deadLetters = async () => [...(await new DeadLetterRepository(database).list({}, 1_000))].reverse();
const lines = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `{"n":${from + i},"ts":${NOW + from + i}}`);
const done = (outcome: IngestOutcome) => {
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  return outcome;
};

describe('events over HTTP', () => {
  it('are stored as they came; each refused one has a line, a code and a dead letter', async () => {
    const stream = await makeStream({ ...TIMED, fields: { amount: 'double' } });
    const good = `{"n": 9007199254740993, "__proto__": {"a":1}, "s":"\\u0000\\ud800", "ts":${NOW}}`;
    const bad: [string | Buffer, string][] = [
      ['{"ts":1', 'invalid-json'],
      [Buffer.from('{"ts":1,"a":"\xff"}', 'latin1'), 'invalid-utf8'],
      ['[]', 'event-not-object'],
      ['{"a":1}', 'missing-time'],
      ['{"ts":null}', 'invalid-time'],
      ['{"ts":"soon"}', 'invalid-time'],
      [`{"ts":${NOW + 3_600_001}}`, 'far-future'],
      ['{"ts":1,"amount":"much"}', 'wrong-field-type'],
      [`{"ts":1,"a":${'['.repeat(30)}${']'.repeat(30)}}`, 'json-too-deep'],
      [`{"ts":1,"a":"${'x'.repeat(2_000)}"}`, 'event-too-large'],
    ];
    const body = Buffer.concat([good, ...bad.map(([raw]) => raw), good].flatMap((raw) => [Buffer.from(raw as string), Buffer.from('\n')]));
    const { totals, watermark } = done(await send(ingesterWith(), stream, chunksOf(body, 17)));
    expect(totals.accepted).toBe(2);
    expect(totals.rejected.map(({ line, code }) => [line, code])).toEqual(bad.map(([, code], i) => [i + 2, code]));
    expect(watermark).toBe(NOW - 1);
    expect(await stored('s')).toEqual([
      [NOW, good],
      [NOW, good],
    ]);
    const letters = await deadLetters();
    expect(letters.map(({ code }) => code)).toEqual(bad.map(([, code]) => code));
    expect(letters.map(({ raw }) => raw.toString('latin1'))).toEqual(bad.map(([raw]) => Buffer.from(raw as string).toString('latin1')));
  });

  it('say which come too late by what the log holds', async () => {
    const stream = await makeStream({ ...TIMED, outOfOrderness: '10ms' });
    const times = [100, 111, 100, 99, 112].map((t) => `{"ts":${t}}`).join('\n');
    expect(done(await send(ingesterWith(), stream, chunksOf(times))).totals.behindWatermark).toBe(2);
    expect(done(await send(ingesterWith(), stream, chunksOf('{"ts":101}\n{"ts":102}'))).totals.behindWatermark).toBe(1);
  });

  it('get arrival times that never run backwards in the log', async () => {
    const stream = await makeStream({ name: 's' });
    let clock = NOW;
    const ingester = new HttpIngester(
      log,
      {
        refused: () => {},
        status: () => ({ state: 'running', reason: null, since: 0, streams: [], stalls: [], restarts: 0 }),
        watermark: () => null,
      },
      ingesterWith().options,
      () => clock,
    );
    for (const at of [NOW, NOW + 5, NOW - 1_000]) {
      clock = at;
      await send(ingester, stream, chunksOf('{}'));
    }
    expect((await stored('s')).map(([time]) => time)).toEqual([NOW, NOW + 5, NOW + 5]);
  });

  it.each([
    ['application/json', '{"ts":', 'invalid-json'],
    ['application/json', '{"ts" 1}', 'invalid-json'],
    ['application/json', '', 'invalid-json'],
  ])('%s %s is no body at all', async (type, body, code) => {
    const stream = await makeStream(TIMED);
    expect(await send(ingesterWith(), stream, chunksOf(body), undefined, type)).toMatchObject({ kind: 'unparseable', code });
    expect(await deadLetters()).toEqual([]);
  });

  it('are spread over partitions by their key, the same at every try', async () => {
    const stream = await makeStream({ ...TIMED, source: { http: { partitions: 3 } }, partitionedBy: 'k' });
    const body = Array.from({ length: 60 }, (_, i) => `{"k":"k${i % 10}","ts":${NOW + i}}`).join('\n');
    const first = done(await send(ingesterWith(), stream, chunksOf(body), 'key'));
    const again = done(await send(ingesterWith(), stream, chunksOf(body), 'key'));
    expect([first.totals.accepted, again.totals.accepted, again.replayed]).toEqual([60, 60, true]);
    const partitions = await Promise.all([0, 1, 2].map((partition) => stored('s', partition)));
    expect(partitions.flat()).toHaveLength(60);
    const places = new Map<string, Set<number>>();
    partitions.forEach((events, partition) =>
      events.forEach(([, raw]) => places.set(JSON.parse(raw).k, (places.get(JSON.parse(raw).k) ?? new Set()).add(partition))),
    );
    for (const found of places.values()) expect(found.size).toBe(1);
    expect(partitions.filter((events) => events.length > 0).length).toBeGreaterThan(1);
  });
});

describe('back pressure', () => {
  it('ends a body in the middle; what was taken is told and nothing of it is lost', async () => {
    const stream = await makeStream(TIMED);
    const ingester = ingesterWith({ backlogBytes: 100_000 });
    const all = lines(10_000);
    const outcome = await send(ingester, stream, chunksOf(all.join('\n')));
    expect(outcome).toMatchObject({ kind: 'refused', away: false, code: 'backlog-full', retryAfter: 1 });
    const { processed, accepted } = (outcome as IngestOutcome & { kind: 'refused' }).totals;
    expect(processed).toBeGreaterThan(0);
    expect(processed).toBeLessThan(10_000);
    expect(accepted).toBe(processed);
    expect((await stored('s')).map(([, raw]) => raw)).toEqual(all.slice(0, processed));
    expect(refusedStreams).toEqual(['s']);
    log.workedOff('s', 0, 10_000);
    const rest = done(await send(ingesterWith(), stream, chunksOf(all.slice(processed).join('\n'))));
    expect(rest.totals.accepted).toBe(10_000 - processed);
    expect((await stored('s')).map(([, raw]) => raw)).toEqual(all);
  });

  it.each(['stalled', 'stopping', 'failed'] as const)('refuses while the job is %s', async (state) => {
    const stream = await makeStream(TIMED);
    jobState = state;
    expect(await send(ingesterWith(), stream, chunksOf('{"ts":1}'))).toMatchObject({ kind: 'refused', away: true, code: 'engine-stalled' });
    expect(await stored('s')).toEqual([]);
  });

  it('refuses with what is durable when the log cannot be written', async () => {
    const stream = await makeStream(TIMED);
    await database.pool.query('ALTER TABLE log_chunk RENAME TO log_chunk_away');
    expect(await send(ingesterWith(), stream, chunksOf('{"ts":1}'))).toMatchObject({
      kind: 'refused',
      away: true,
      code: 'log-unavailable',
      totals: { processed: 0 },
    });
    await database.pool.query('ALTER TABLE log_chunk_away RENAME TO log_chunk');
    expect(done(await send(ingesterWith(), stream, chunksOf('{"ts":1}'))).totals.accepted).toBe(1);
  });
});

describe('an Idempotency-Key', () => {
  it('gives the same reply again, and refuses another body', async () => {
    const stream = await makeStream(TIMED);
    const body = [...lines(3), 'x'].join('\n');
    const first = done(await send(ingesterWith(), stream, chunksOf(body), 'key'));
    const again = done(await send(ingesterWith(), stream, chunksOf(body, 5), 'key'));
    expect({ ...again, replayed: false }).toEqual(first);
    expect(again.replayed).toBe(true);
    for (const other of [lines(3).join('\n'), `${body}\n{}`, [...lines(3), 'y'].join('\n'), '']) {
      expect(await send(ingesterWith(), stream, chunksOf(other), 'key')).toEqual({ kind: 'key-reused' });
    }
    expect(await stored('s')).toHaveLength(3);
    expect(await deadLetters()).toHaveLength(1);
  });

  it.each([1, 3])('goes on where a request broke off, each event once (%d partitions)', async (partitions) => {
    const stream = await makeStream({ ...TIMED, source: { http: { partitions } } });
    const all = lines(6_000).map((line, i) => (i % 500 === 7 ? 'broken' : line));
    const body = Buffer.from(all.join('\n'));
    async function* broken(): AsyncGenerator<Buffer> {
      yield* chunksOf(body.subarray(0, randomInt(1, body.length)), 10_000);
      throw new Error('aborted');
    }
    for (let tries = 0; tries < 3; tries++) await expect(send(ingesterWith(), stream, broken(), 'key')).rejects.toThrow('aborted');
    const { totals } = done(await send(ingesterWith(), stream, chunksOf(body), 'key'));
    expect(totals).toMatchObject({ accepted: 5_988, rejectedCount: 12, processed: 6_000 });
    const events = (await Promise.all(Array.from({ length: partitions }, (_, partition) => stored('s', partition))))
      .flat()
      .map(([, raw]) => raw);
    expect(events.sort()).toEqual(all.filter((line) => line !== 'broken').sort());
    expect(await deadLetters()).toHaveLength(12);
  });

  it('refuses another body after a break, before anything of it is stored', async () => {
    const stream = await makeStream(TIMED);
    const all = lines(3_000);
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from(all.join('\n'));
      throw new Error('aborted');
    }
    await expect(send(ingesterWith(), stream, broken(), 'key')).rejects.toThrow('aborted');
    const before = await stored('s');
    expect(before.length).toBeGreaterThan(0);
    const other = [...all];
    other[5] = '{"ts":1}';
    expect(await send(ingesterWith(), stream, chunksOf(other.join('\n')), 'key')).toEqual({ kind: 'key-reused' });
    expect(await stored('s')).toEqual(before);
  });

  it('is refused while its request is under way', async () => {
    const stream = await makeStream(TIMED);
    const ingester = ingesterWith();
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    async function* slow(): AsyncGenerator<Buffer> {
      yield Buffer.from('{"ts":1}\n');
      await gate;
    }
    const first = send(ingester, stream, slow(), 'key');
    expect(await send(ingester, stream, chunksOf('{"ts":1}'), 'key')).toEqual({ kind: 'key-in-flight' });
    release();
    done(await first);
  });
});
