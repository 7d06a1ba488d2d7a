import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { EpochLostError } from '../runtime/ports/stores.js';
import { connection, type Database } from './database.js';
import { StorageError } from './errors.js';

export interface LeaseOptions {
  /** How this process is named to others; host and process id by default. */
  readonly owner?: string;
  /** How long to wait for another owner to go, ms. Default 5,000. */
  readonly wait?: number;
}

const POLL = 100;
const REGAIN_PAUSE = 500;

/**
 * The right to write for one shard. A session advisory lock on a connection of its own keeps a second
 * live process out and falls at once when this one is killed; the epoch, checked in every write
 * transaction, stops a process that was taken for dead and is not.
 */
export class Lease {
  #client: pg.Client | undefined;
  #released = false;

  private constructor(
    readonly database: Database,
    readonly job: string,
    readonly shard: number,
    readonly owner: string,
    readonly epoch: number,
    client: pg.Client,
  ) {
    this.#hold(client);
  }

  /**
   * Takes the shard over, with the next epoch.
   * Throws StorageError `shard-owned` when another process still holds it after the wait.
   */
  static async acquire(database: Database, job: string, shard: number, options: LeaseOptions = {}): Promise<Lease> {
    const owner = options.owner ?? `${hostname()}:${process.pid}`;
    const client = await lockClient(database);
    try {
      const until = Date.now() + (options.wait ?? 5_000);
      while (!(await tryLock(client, job, shard))) {
        if (Date.now() >= until) throw await ownedBy(client, job, shard);
        await sleep(POLL);
      }
      const { rows } = await client.query<{ epoch: number }>(
        `INSERT INTO shard_lease (job, shard, owner, epoch, taken_at) VALUES ($1, $2, $3, 1, $4)
         ON CONFLICT (job, shard) DO UPDATE SET owner = $3, epoch = shard_lease.epoch + 1, taken_at = $4 RETURNING epoch`,
        [job, shard, owner, Date.now()],
      );
      return new Lease(database, job, shard, owner, rows[0].epoch, client);
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
  }

  /**
   * Called in each write transaction: the row stays share-locked until its end, so that a take-over waits
   * for it. Throws EpochLostError when the shard is another's.
   */
  async check(client: pg.ClientBase): Promise<void> {
    const { rows } = await client.query<{ epoch: number; owner: string }>(
      'SELECT epoch, owner FROM shard_lease WHERE job = $1 AND shard = $2 FOR SHARE',
      [this.job, this.shard],
    );
    if (rows[0]?.epoch === this.epoch) return;
    throw new EpochLostError(
      `shard ${this.job}/${this.shard} was taken over by ${rows[0]?.owner ?? 'nobody'}: epoch ${rows[0]?.epoch}, ours is ${this.epoch}`,
    );
  }

  /** Lets the next owner in at once. */
  async release(): Promise<void> {
    this.#released = true;
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {});
  }

  #hold(client: pg.Client): void {
    this.#client = client;
    client.once('end', () => {
      if (this.#client !== client) return;
      this.#client = undefined;
      if (!this.#released) void this.#regain();
    });
  }

  /** After the database was away: takes the lock again under the same epoch, unless it has a new owner. */
  async #regain(): Promise<void> {
    this.database.log.warn({ job: this.job, shard: this.shard }, 'the connection that holds the lease was lost');
    while (!this.#released) {
      await sleep(REGAIN_PAUSE, undefined, { ref: false });
      const client = await lockClient(this.database).catch(() => undefined);
      if (client === undefined) continue;
      const outcome = await this.#relock(client).catch(() => 'retry' as const);
      if (outcome === 'held' && !this.#released) return this.#hold(client);
      await client.end().catch(() => {});
      if (outcome === 'lost') return;
    }
  }

  async #relock(client: pg.Client): Promise<'held' | 'lost' | 'retry'> {
    const { rows } = await client.query<{ epoch: number }>('SELECT epoch FROM shard_lease WHERE job = $1 AND shard = $2', [
      this.job,
      this.shard,
    ]);
    if (rows[0]?.epoch !== this.epoch) return 'lost';
    return (await tryLock(client, this.job, this.shard)) ? 'held' : 'retry';
  }
}

async function lockClient(database: Database): Promise<pg.Client> {
  // Keepalives end the session within about 15 s when the machine of the holder is gone.
  const options = '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3';
  const client = new pg.Client({ ...connection(database.url), options });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function tryLock(client: pg.Client, job: string, shard: number): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked', [
    `tripline/${job}/${shard}`,
  ]);
  return rows[0].locked;
}

async function ownedBy(client: pg.Client, job: string, shard: number): Promise<StorageError> {
  const { rows } = await client.query<{ owner: string }>('SELECT owner FROM shard_lease WHERE job = $1 AND shard = $2', [job, shard]);
  return new StorageError(
    'shard-owned',
    `job ${job}, shard ${shard} is run by another process (${rows[0]?.owner ?? 'unknown'}) on this database: stop that one first`,
  );
}
