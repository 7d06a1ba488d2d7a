import { Committer, type CommitterEvents } from '../../src/runtime/job/committer.js';
import { Database } from '../../src/storage/database.js';
import { Lease } from '../../src/storage/lease.js';
import { PostgresOutputStore } from '../../src/storage/output/output-store.js';
import { alert, barrier, checkpoint, journal } from '../support/outputs.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

/** The store, but segments wait until they are let through. */
class SlowSegments extends PostgresOutputStore {
  letThrough = (): void => {};
  readonly #gate = new Promise<void>((resolve) => (this.letThrough = resolve));

  override async writeSegments(id: number, segments: readonly Uint8Array[], first?: number): Promise<number> {
    await this.#gate;
    return super.writeSegments(id, segments, first);
  }
}

let postgres: TestPostgres;
let database: Database;
let lease: Lease;

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await Database.open({ url: await postgres.createDatabase() });
  lease = await Lease.acquire(database, 'main', 0);
});

afterAll(async () => {
  await lease.release();
  await database.close();
  await postgres.stop();
});

const unexpected = (error: Error | undefined): void => {
  throw error ?? new Error('stalled');
};

function recorder(): CommitterEvents & { readonly log: string[] } {
  const log: string[] = [];
  return {
    log,
    committed: (rows) => void log.push(...rows.map(({ number }) => `alert ${number}`)),
    checkpointed: ({ id }) => void log.push(`checkpoint ${id}`),
    segmentsStored: (id, segments) => void log.push(`${segments} segments of ${id}`),
    stalled: unexpected,
    epochLost: unexpected,
  };
}

it('lets alerts pass a checkpoint whose segments are being written, and covers only those before it', async () => {
  const store = new SlowSegments(lease);
  const events = recorder();
  const committer = new Committer(store, events);
  committer.add([journal(1), alert('before'), barrier(1), alert('behind')]);
  committer.add([checkpoint(1, { journalSequence: 1, segments: [Buffer.from('state')] }), alert('later')]);
  await committer.flushed();
  expect(events.log).toEqual(['alert 1', 'alert 2', 'alert 3']);
  store.letThrough();
  await committer.settled();
  expect(events.log.at(-1)).toBe('checkpoint 1');
  const { checkpoint: found, uncoveredAlerts } = await store.recover();
  expect(found?.id).toBe(1);
  expect(uncoveredAlerts).toEqual([alert('behind'), alert('later')].map((each) => each.alert.id));
});

it('stores the segments of a checkpoint while it is being made, and tells how far it is', async () => {
  const store = new PostgresOutputStore(lease);
  const events = recorder();
  const committer = new Committer(store, events);
  const named = (...names: string[]): Buffer[] => names.map((name) => Buffer.from(name));
  // A try under the same number that was given up.
  await store.writeSegments(2, named('x', 'x', 'x', 'x', 'x', 'x'));
  committer.add([barrier(2)]);
  committer.addSegments({ checkpoint: 2, firstSegment: 0, segments: named('a', 'b') });
  committer.addSegments({ checkpoint: 2, firstSegment: 2, segments: named('c') });
  committer.add([checkpoint(2, { journalSequence: 1, oldestNeeded: 2, segments: named('d'), firstSegment: 3 })]);
  await committer.settled();
  expect(events.log).toEqual(['2 segments of 2', '3 segments of 2', 'checkpoint 2']);
  const found: string[] = [];
  for await (const segment of store.segments(2, 2)) found.push(Buffer.from(segment).toString());
  expect(found).toEqual(['a', 'b', 'c', 'd']);
});
