import { spawn } from 'node:child_process';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { StorageError } from '../errors.js';
import { SILENT_LOG, type StorageLog } from '../log.js';
import { type Account, serverAccount } from './account.js';
import { type Binaries, findBinaries } from './binaries.js';
import { type ClusterFolders, clusterFolders, ensureCluster, NAME } from './cluster.js';
import { isPostgres, type Postmaster, readPostmaster, signal } from './postmaster.js';

export interface EmbeddedOptions {
  /** TRIPLINE_DATA_DIR; the server's files go to `postgres` in it. */
  readonly dataDir: string;
  /** A free one by default. */
  readonly port?: number;
  readonly log?: StorageLog;
}

export interface EmbeddedPostgres {
  readonly url: string;
  /** Of the postmaster; another one after it was restarted. */
  readonly pid: number;
  /** True when it ran before: left by a process that was killed, or another one's. */
  readonly adopted: boolean;
  /** Fast shutdown. A server that was adopted, and that other Tripline processes still use, is left to them. */
  stop(): Promise<void>;
}

/** How long a start may take: recovery after a crash replays up to max_wal_size. */
const START_TIMEOUT = 60_000;
const STOP_TIMEOUT = 15_000;
const POLL = 10;
const WATCH_INTERVAL = 500;
const LOG_LIMIT = 10 << 20;

/**
 * Sane for a server that has its machine to itself but for one Node process. Loopback only; no replication,
 * so the least WAL; what is committed is on disk.
 */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  synchronous_commit: 'on',
  io_method: 'sync',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  log_min_messages: 'warning',
  log_line_prefix: '%m [%p] ',
  tcp_keepalives_idle: '30',
};

/**
 * Starts the embedded PostgreSQL, or adopts the one that a killed process left running on the same data.
 * A server that dies is started again on its port.
 * Throws StorageError `embedded-postgres-unavailable`, `embedded-postgres-version`, `embedded-postgres-failed`
 * or `data-dir-unreachable`.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? SILENT_LOG;
  const account = await serverAccount();
  const folders = await clusterFolders(options.dataDir, account, log);
  const binaries = await findBinaries(folders.root, account);
  const password = await ensureCluster(folders, binaries, account);
  const server = new Server(folders, binaries, account, password, log);
  await server.start(options.port);
  return server;
}

class Server implements EmbeddedPostgres {
  pid = 0;
  adopted = false;
  #port = 0;
  #watch: NodeJS.Timeout | undefined;
  #restarting: Promise<void> | undefined;
  #stopping = false;

  constructor(
    readonly folders: ClusterFolders,
    readonly binaries: Binaries,
    readonly account: Account | undefined,
    readonly password: string,
    readonly log: StorageLog,
  ) {}

  get url(): string {
    return this.#urlOf(NAME);
  }

  #urlOf(database: string): string {
    return `postgres://${NAME}:${this.password}@127.0.0.1:${this.#port}/${database}`;
  }

  async start(port: number | undefined): Promise<void> {
    this.#use(await this.#adoptOrStart(port));
    await this.#ensureDatabase();
    this.log.info({ postgresPid: this.pid, port: this.#port, adopted: this.adopted }, 'embedded PostgreSQL is ready');
    this.#watch = setInterval(() => void this.#check(), WATCH_INTERVAL).unref();
  }

  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    clearInterval(this.#watch);
    await this.#restarting;
    if (this.adopted && (await this.#others()) > 0) return;
    signal(this.pid, 'SIGINT');
    if (await this.#gone(STOP_TIMEOUT)) return;
    this.log.warn({ postgresPid: this.pid }, 'PostgreSQL did not stop in time and is stopped at once; it recovers at its next start');
    signal(this.pid, 'SIGQUIT');
    await this.#gone(STOP_TIMEOUT);
  }

  #use(postmaster: Postmaster): void {
    this.pid = postmaster.pid;
    this.#port = postmaster.port;
  }

  /** The server that runs on the data already, once it is ready; a file that a dead one left is cleared away. */
  async #leftRunning(): Promise<Postmaster | undefined> {
    const until = Date.now() + START_TIMEOUT;
    while (Date.now() < until) {
      const found = await readPostmaster(this.folders.data);
      if (found === undefined) return undefined;
      if (!(await isPostgres(found.pid))) {
        // PostgreSQL takes a zombie or a stranger of that number for a running server and would not start.
        await rm(join(this.folders.data, 'postmaster.pid'), { force: true });
        return undefined;
      }
      if (found.ready && (await this.#answers(found.port))) return found;
      await sleep(POLL * 5);
    }
    throw await this.#failure('a server runs on the data but does not answer');
  }

  async #answers(port: number): Promise<boolean> {
    const client = new pg.Client({
      connectionString: `postgres://${NAME}:${this.password}@127.0.0.1:${port}/postgres`,
      connectionTimeoutMillis: 2_000,
    });
    client.on('error', () => {});
    const answers = await client.connect().then(
      () => true,
      (error: { code?: string }) => {
        if (error.code === '28P01')
          throw new StorageError(
            'embedded-postgres-failed',
            `the server on ${this.folders.data} refuses the password in ${this.folders.password}`,
          );
        return false;
      },
    );
    await client.end().catch(() => {});
    return answers;
  }

  /**
   * Tries again for a while: the parts of a killed server need a moment to notice and to let its memory go,
   * and another process may start it at the same time.
   */
  async #adoptOrStart(port: number | undefined): Promise<Postmaster> {
    const until = Date.now() + START_TIMEOUT;
    for (let attempt = 1; ; attempt++) {
      const left = await this.#leftRunning();
      this.adopted = left !== undefined;
      if (left !== undefined) return left;
      const started = await this.#launch(port ?? (await freePort()), until);
      if (started !== undefined) return started;
      if (attempt >= 20 || Date.now() >= until) throw await this.#failure('it does not start');
      await sleep(100 + 50 * attempt);
    }
  }

  /** Undefined when the process ended before it was ready. */
  async #launch(port: number, until: number): Promise<Postmaster | undefined> {
    const size = await stat(this.folders.serverLog).then(
      (info) => info.size,
      () => 0,
    );
    const output = await open(this.folders.serverLog, size > LOG_LIMIT ? 'w' : 'a');
    const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    // A session of its own: Ctrl-C in the terminal is for the service, which then stops the server in order.
    const child = spawn(this.binaries.postgres, ['-D', this.folders.data, ...settings], {
      ...this.account,
      cwd: this.folders.root,
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
      env: { ...process.env, LC_ALL: 'C' },
    });
    let ended = false;
    child.once('exit', () => (ended = true));
    child.once('error', () => (ended = true));
    child.unref();
    await output.close();
    while (!ended && Date.now() < until) {
      const found = await readPostmaster(this.folders.data);
      if (found?.pid === child.pid && found?.ready) return found;
      await sleep(POLL);
    }
    return undefined;
  }

  async #failure(what: string): Promise<StorageError> {
    const text = await readFile(this.folders.serverLog, 'utf8').catch(() => '');
    const tail = text.trimEnd().split('\n').slice(-3).join('; ');
    return new StorageError(
      'embedded-postgres-failed',
      `the embedded PostgreSQL on ${this.folders.data}: ${what}. Its log ${this.folders.serverLog} ends: ${tail}`,
    );
  }

  async #ensureDatabase(): Promise<void> {
    await this.#query('postgres', async (client) => {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [NAME]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${NAME}`);
    });
  }

  async #others(): Promise<number> {
    const count = (client: pg.Client) =>
      client.query<{ count: number }>("SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'tripline'");
    return this.#query('postgres', count).then(
      ({ rows }) => rows[0].count,
      () => 0,
    );
  }

  async #query<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.#urlOf(database), connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  async #check(): Promise<void> {
    if (this.#restarting !== undefined || (await isPostgres(this.pid)) || this.#stopping) return;
    this.log.error({ postgresPid: this.pid }, 'the embedded PostgreSQL has ended unexpectedly and is started again');
    this.#restarting = this.#adoptOrStart(this.#port)
      .then((postmaster) => this.#use(postmaster))
      .catch((error: Error) => this.log.error({ error: error.message }, 'the embedded PostgreSQL could not be started again'));
    await this.#restarting;
    this.#restarting = undefined;
  }

  async #gone(timeout: number): Promise<boolean> {
    const until = Date.now() + timeout;
    while (Date.now() < until) {
      if (!(await isPostgres(this.pid))) return true;
      await sleep(POLL);
    }
    return false;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
