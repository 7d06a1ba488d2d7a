import 'reflect-metadata';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { Spine1767225600000 } from '../../migrations/1767225600000-spine.js';
import { ReplyWatermark1767312000000 } from '../../migrations/1767312000000-reply-watermark.js';
import { Sinks1767398400000 } from '../../migrations/1767398400000-sinks.js';
import { FileOwned1767484800000 } from '../../migrations/1767484800000-file-owned.js';
import { Access1767744000000 } from '../../migrations/1767744000000-access.js';
import { Commands1767830400000 } from '../../migrations/1767830400000-commands.js';
import { OutboxIncarnation1767916800000 } from '../../migrations/1767916800000-outbox-incarnation.js';
import { Triage1768003200000 } from '../../migrations/1768003200000-triage.js';
import { ReferenceLists1768089600000 } from '../../migrations/1768089600000-reference-lists.js';
import { ApiKeyRow, AuditRow } from './access/entities.js';
import {
  ReferenceListEntryRow,
  ReferenceListRow,
  RuleRow,
  RuleVersionRow,
  SinkRow,
  StreamRow,
  StreamVersionRow,
} from './catalog/entities.js';
import { CommandRow } from './commands/handled-commands.js';
import { StorageError } from './errors.js';
import { SILENT_LOG, type StorageLog } from './log.js';
import { AlertRow, CheckpointRow, DeadLetterRow, SinkCursorRow } from './query/entities.js';
import { AlertStateRow, SnoozeRow } from './triage/entities.js';
import { TEXT_TYPES } from './sql/types.js';

export interface DatabaseOptions {
  /** postgres://user:password@host:port/database */
  readonly url: string;
  /** Connections of the writers (log, outputs); readers have as many of their own. Default 6. */
  readonly poolSize?: number;
  readonly log?: StorageLog;
}

/** Known migrations, oldest first. */
const MIGRATIONS = [
  Spine1767225600000,
  ReplyWatermark1767312000000,
  Sinks1767398400000,
  FileOwned1767484800000,
  Access1767744000000,
  Commands1767830400000,
  OutboxIncarnation1767916800000,
  Triage1768003200000,
  ReferenceLists1768089600000,
];
/** Held while migrating, so that of two processes starting at once the second waits. */
const MIGRATION_LOCK = 0x74726970;
/** How long a caller waits for a connection or an answer when the database is away, ms. */
const CONNECT_TIMEOUT = 5_000;
const STATEMENT_TIMEOUT = 15_000;
const ANSWER_TIMEOUT = 20_000;

/**
 * The connections to PostgreSQL: a pool of plain pg for the writers, whose statements are written for speed,
 * and TypeORM's for the tables that the service lists. Apart, so that slow listings never hold up a commit.
 * While the database is away every call rejects within seconds, and later calls connect again.
 */
export class Database {
  private constructor(
    readonly url: string,
    readonly log: StorageLog,
    /** For writers. */
    readonly pool: pg.Pool,
    /** For readers and the catalog. */
    readonly source: DataSource,
  ) {}

  /**
   * Connects and brings the schema up to date.
   * Throws StorageError `database-newer` when a later version of Tripline has migrated this database.
   */
  static async open(options: DatabaseOptions): Promise<Database> {
    const log = options.log ?? SILENT_LOG;
    const size = options.poolSize ?? 6;
    const source = dataSource(options.url, size, log);
    await source.initialize();
    try {
      await migrate(options.url, source);
    } catch (error) {
      await source.destroy();
      throw error;
    }
    const pool = new pg.Pool({ ...connection(options.url), max: size });
    pool.on('error', (error) => log.warn({ error: error.message }, 'an idle database connection was lost'));
    return new Database(options.url, log, pool, source);
  }

  /**
   * Runs `work` in one transaction. Rejects with the error of `work` or of the commit; in the latter case
   * the outcome may be unknown (the connection broke while committing).
   */
  async transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.withClient(async (client) => {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    });
  }

  /** Lends a writer's connection; one that saw an error is closed and not used again, which also rolls back. */
  async withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    const onError = (error: Error) => this.log.warn({ error: error.message }, 'a database connection was lost');
    client.on('error', onError);
    let failed = true;
    try {
      const result = await work(client);
      failed = false;
      return result;
    } finally {
      client.off('error', onError);
      // The pool's own listener is back only after release; between is no event-loop turn.
      client.release(failed);
    }
  }

  /** Rejects when the database does not answer. */
  async ping(): Promise<void> {
    await this.pool.query('SELECT 1');
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.source.destroy();
  }
}

/** Settings of every connection: prompt failure, and a name to be recognised by. */
export function connection(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'tripline',
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    statement_timeout: STATEMENT_TIMEOUT,
    query_timeout: ANSWER_TIMEOUT,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    types: TEXT_TYPES,
  };
}

function dataSource(url: string, poolSize: number, log: StorageLog): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    applicationName: 'tripline',
    entities: [
      RuleRow,
      RuleVersionRow,
      SinkRow,
      StreamRow,
      StreamVersionRow,
      ReferenceListRow,
      ReferenceListEntryRow,
      AlertRow,
      DeadLetterRow,
      CheckpointRow,
      SinkCursorRow,
      ApiKeyRow,
      AuditRow,
      CommandRow,
      AlertStateRow,
      SnoozeRow,
    ],
    migrations: MIGRATIONS,
    migrationsTableName: 'migration',
    installExtensions: false,
    logging: false,
    poolSize,
    poolErrorHandler: (error: Error) => log.warn({ error: error.message }, 'an idle database connection was lost'),
    extra: {
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      statement_timeout: STATEMENT_TIMEOUT,
      query_timeout: ANSWER_TIMEOUT,
      keepAlive: true,
    },
  });
}

async function migrate(url: string, source: DataSource): Promise<void> {
  // Waiting for another process to migrate may take longer than a statement otherwise may.
  const guard = new pg.Client({ ...connection(url), statement_timeout: 0, query_timeout: 0 });
  guard.on('error', () => {});
  await guard.connect();
  try {
    await guard.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await refuseNewer(source);
    await source.runMigrations({ transaction: 'all' });
  } finally {
    await guard.end();
  }
}

async function refuseNewer(source: DataSource): Promise<void> {
  const [{ present }] = await source.query("SELECT to_regclass('migration') IS NOT NULL AS present");
  if (!present) return;
  const rows: { name: string }[] = await source.query('SELECT name FROM migration');
  const known = new Set(MIGRATIONS.map((migration) => migration.name));
  const unknown = rows.find((row) => !known.has(row.name));
  if (unknown === undefined) return;
  throw new StorageError(
    'database-newer',
    `the database was migrated by a later version of Tripline (${unknown.name}): start that version or use another database`,
  );
}
