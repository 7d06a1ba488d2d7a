import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { HttpIngester } from '../connectors/http/ingester.js';
import { KafkaSources } from '../connectors/kafka/kafka-sources.js';
import { readStream, STORED } from '../engine/rule/index.js';
import { LocalJob } from '../runtime/job/local-job.js';
import { ApiKeyRepository } from '../storage/access/api-keys.js';
import { AuditLog } from '../storage/access/audit-log.js';
import { PostgresCatalog } from '../storage/catalog/catalog.js';
import { ReferenceLists } from '../storage/catalog/lists.js';
import { HandledCommands } from '../storage/commands/handled-commands.js';
import { Database, type DatabaseOptions } from '../storage/database.js';
import { startEmbeddedPostgres } from '../storage/embedded/server.js';
import { Lease } from '../storage/lease.js';
import { PostgresEventLog } from '../storage/log/event-log.js';
import { PostgresOutputStore } from '../storage/output/output-store.js';
import { SinkRepository } from '../storage/catalog/sinks.js';
import { AlertRepository } from '../storage/query/alerts.js';
import { DeadLetterRepository } from '../storage/query/dead-letters.js';
import { SinkCursorRepository } from '../storage/query/sink-cursors.js';
import { AlertStates } from '../storage/triage/alert-states.js';
import { SnoozeRepository } from '../storage/triage/snoozes.js';
import { Snoozes } from './triage/snoozes.js';
import { WakeUps } from './alerts/alert-stream.js';
import { CommandTopic } from './commands/command-topic.js';
import { RuleFilesService } from './files/rule-files.service.js';
import { createHttpServer } from './http/http-server.js';
import { isLoopback } from './settings/readers.js';
import { MetaStream } from './meta/meta-stream.js';
import type { Settings } from './settings/settings.js';
import { Sinks } from './sinks/sinks.js';
import { ensureTenantDatabase, tenantDatabase } from './tenants/tenant-database.js';
import { routeByTenant, type TenantPart } from './tenants/tenant-router.js';
import { tenantSettings } from './tenants/tenant-settings.js';
import { kafkaSettings, StreamSources } from './sources.js';

const JOB = 'main';
const SHARD = 0;
/** What requests in flight get to end by themselves when the service stops, ms. */
const GRACE_MS = 2_000;
/** A sink looks for new alerts at least this often, ms. */
const SINK_LOOK_MS = 1_000;
/** How long the start waits for the job before the service answers without it, ms. */
const RECOVERY_GRACE_MS = 5_000;
/** Connections of a tenant's writers, and of its readers. */
const TENANT_POOL = 4;

/** Undoes what a start has done so far, last first. */
class Teardown {
  readonly #steps: { readonly what: string; readonly undo: () => Promise<unknown> | unknown }[] = [];

  constructor(private readonly log: Logger) {}

  add(what: string, undo: () => Promise<unknown> | unknown): void {
    this.#steps.push({ what, undo });
  }

  async run(): Promise<void> {
    for (const { what, undo } of this.#steps.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        this.log.error({ err: error }, `stopping: ${what} failed`);
      }
    }
  }
}

/** The whole service in one process: database, job, HTTP. */
export class Service {
  private constructor(
    readonly url: string,
    private readonly files: RuleFilesService,
    private readonly teardown: Teardown,
  ) {}

  /**
   * Starts everything and listens. Rejects when a part cannot start; what had started is stopped again then.
   * `onFatal` is called when the service cannot go on: the process must end.
   */
  static async start(settings: Settings, log: Logger, onFatal: (error: Error) => void): Promise<Service> {
    const teardown = new Teardown(log);
    try {
      const { url, files } = await startParts(settings, log, onFatal, teardown);
      return new Service(url, files, teardown);
    } catch (error) {
      await teardown.run();
      throw error;
    }
  }

  /** Reads the files of rules and streams again. */
  reload(): Promise<void> {
    return this.files.sync();
  }

  /** Takes no more, works off what is under way, checkpoints, closes everything. */
  async stop(): Promise<void> {
    await this.teardown.run();
  }
}

async function startParts(
  settings: Settings,
  log: Logger,
  onFatal: (error: Error) => void,
  teardown: Teardown,
): Promise<{ url: string; files: RuleFilesService }> {
  const url = await databaseUrl(settings, log, teardown);
  const database = await openDatabase({ url, log }, teardown);
  await refuseExposure(settings, new ApiKeyRepository(database));
  const { app, files } = await startPart(null, settings, database, { log, onFatal, teardown });
  const parts: TenantPart[] = [];
  for (const tenant of settings.tenants) {
    const own = log.child({ tenant });
    await ensureTenantDatabase(url, tenant);
    const held = await openDatabase({ url: tenantDatabase(url, tenant), log: own, poolSize: TENANT_POOL }, teardown);
    parts.push({ tenant, ...(await startPart(tenant, tenantSettings(settings, tenant), held, { log: own, onFatal, teardown })) });
  }
  if (parts.length > 0) routeByTenant(app, parts, settings.oidcTenantClaim);
  await app.listen(settings.port, settings.host);
  return { url: addressOf(app), files };
}

interface Surroundings {
  readonly log: Logger;
  readonly onFatal: (error: Error) => void;
  readonly teardown: Teardown;
}

/** Everything but the port, on a database of its own: the operator's part (tenant null), or a tenant's. */
async function startPart(
  tenant: string | null,
  settings: Settings,
  database: Database,
  { log, onFatal, teardown }: Surroundings,
): Promise<{ app: NestFastifyApplication; files: RuleFilesService }> {
  const apiKeys = new ApiKeyRepository(database);
  const lease = await Lease.acquire(database, JOB, SHARD, { wait: 15_000 });
  teardown.add('giving the lease back', () => lease.release());
  const eventLog = await PostgresEventLog.open(lease);
  teardown.add('closing the event log', () => eventLog.close());
  const catalog = new PostgresCatalog(database);
  const lists = new ReferenceLists(database);
  const kafka = await openKafka(settings, log, catalog);
  teardown.add('closing Kafka', () => kafka?.close());
  const sources = new StreamSources(eventLog, kafka);
  const job = new LocalJob({
    store: new PostgresOutputStore(lease, {
      retentionMs: settings.logRetentionMs,
      alertsMs: settings.alertRetentionMs,
      deadLettersMs: settings.deadLetterRetentionMs,
    }),
    sources,
    catalog,
    lists,
    eventLimits: settings,
    checkpointInterval: settings.checkpointIntervalMs,
    watchdog: settings.watchdogMs,
    maxAhead: settings.maxAheadMs,
    stallAfter: settings.stallAfterMs,
    onLog: (level, message, details) => log[level]({ ...details }, message),
    onFatal,
    maxHeapMb: Math.floor(settings.engineHeapBytes / 2 ** 20),
  });
  if (kafka !== undefined) kafka.onPartitionsAdded = (stream) => void readNewPartitions(stream, catalog, job, log);
  const started = job.start();
  teardown.add('stopping the job', () => job.stop());
  started.catch(onFatal);
  // While a source cannot be reached recovery waits for it, and the service answers and says so.
  await Promise.race([started, delay(RECOVERY_GRACE_MS)]);
  const wakeUps = new WakeUps();
  job.onCommitted(() => wakeUps.wake());
  const ingester = new HttpIngester(eventLog, job, { ...settings, backlogBytes: settings.logBacklogBytes });
  const alerts = new AlertRepository(database, JOB, SHARD);
  const snoozes = new Snoozes(new SnoozeRepository(database));
  await snoozes.load();
  const sinks = new Sinks({
    repository: new SinkRepository(database),
    catalog,
    outbox: alerts,
    cursors: new SinkCursorRepository(database),
    snoozed: (row) => snoozes.covers(row),
    kafka: kafkaSettings(settings),
    deployment: settings.deployment,
    allowPrivate: settings.webhookPrivate === 'on',
    next: (stopped) => wakeUps.next(stopped, SINK_LOOK_MS),
    log: (level, message, details) => log[level]({ ...details }, message),
  });
  await sinks.start();
  teardown.add('stopping the sinks', () => sinks.close());
  const deadLetters = new DeadLetterRepository(database);
  const app = await createHttpServer({
    tenant,
    settings,
    log,
    catalog,
    lists,
    eventLog,
    sources,
    kafka,
    job,
    alerts,
    deadLetters,
    apiKeys,
    audit: new AuditLog(database),
    alertStates: new AlertStates(database),
    snoozes,
    handledCommands: new HandledCommands(database),
    ingester,
    sinks,
    wakeUps,
    ping: () => database.ping(),
  });
  teardown.add('closing HTTP', () => closeHttp(app));
  teardown.add('ending event requests and streams', () => {
    ingester.close();
    wakeUps.close();
  });
  const files = app.get(RuleFilesService);
  const synced = started.then(() => files.sync());
  // A start that failed is told by onFatal.
  synced.catch(() => {});
  await Promise.race([synced, delay(RECOVERY_GRACE_MS)]);
  const commands = app.get(CommandTopic);
  teardown.add('ending the command topic', () => commands.stop());
  const meta = app.get(MetaStream);
  teardown.add('ending the meta stream', () => meta.stop());
  void synced
    .then(() => {
      commands.start(app);
      meta.start();
    })
    .catch(() => {});
  return { app, files };
}

/** The database of the settings; the embedded one is started for it. */
async function databaseUrl({ databaseUrl: url, dataDir }: Settings, log: Logger, teardown: Teardown): Promise<string> {
  if (url !== undefined) return url;
  const embedded = await startEmbeddedPostgres({ dataDir, log });
  teardown.add('stopping PostgreSQL', () => embedded.stop());
  return embedded.url;
}

async function openDatabase(options: DatabaseOptions, teardown: Teardown): Promise<Database> {
  const database = await Database.open(options);
  teardown.add('closing the database', () => database.close());
  return database;
}

/** Throws when everybody on the network could do everything. */
async function refuseExposure({ host, apiKeys, oidcIssuer, auth }: Settings, stored: ApiKeyRepository): Promise<void> {
  if (isLoopback(host) || apiKeys.length > 0 || oidcIssuer !== undefined || auth === 'off') return;
  if ((await stored.list()).length > 0) return;
  const ways = '`tripline keys create`, TRIPLINE_API_KEYS (name:role:key,…), TRIPLINE_OIDC_ISSUER, or TRIPLINE_AUTH=off';
  throw new Error(`HOST=${host}: listening on anything but loopback needs keys: ${ways}`);
}

async function openKafka(settings: Settings, log: Logger, catalog: PostgresCatalog): Promise<KafkaSources | undefined> {
  const kafka = kafkaSettings(settings);
  const sources = kafka && new KafkaSources(kafka, (level, message, details) => log[level]({ ...details }, message));
  for (const { name, document, deleted } of await catalog.streams()) {
    const { stream } = readStream(document, STORED);
    if (stream?.source.kind !== 'kafka') continue;
    if (sources !== undefined) sources.ensure(stream);
    else if (!deleted) throw new Error(`stream ${name} reads topic ${stream.source.topic}: set KAFKA_BROKERS`);
  }
  return sources;
}

async function readNewPartitions(stream: string, catalog: PostgresCatalog, job: LocalJob, log: Logger): Promise<void> {
  try {
    const current = await catalog.currentStream(stream);
    if (current !== undefined && !current.deleted) await job.streamChanged(stream, current.version);
  } catch (error) {
    log.error({ err: error }, `new partitions of stream ${stream} are not read yet`);
  }
}

/** Lets requests in flight end, then cuts off who is left. */
async function closeHttp(app: NestFastifyApplication): Promise<void> {
  const cut = setTimeout(() => app.getHttpServer().closeAllConnections(), GRACE_MS);
  try {
    const closed = app.close();
    app.getHttpServer().closeIdleConnections();
    await closed;
  } finally {
    clearTimeout(cut);
  }
}

function addressOf(app: NestFastifyApplication): string {
  const { address, port } = app.getHttpServer().address() as AddressInfo;
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '[::1]' : isIPv6(address) ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
