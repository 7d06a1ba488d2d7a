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

  override async writeSegments(id: number, segments: readonly Uint8Array[]): Promise<number> {
    await this.#gate;
    return super.writeSegments(id, segments);
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
