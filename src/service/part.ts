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
import { SinkRepository } from '../storage/catalog/sinks.js';
import { HandledCommands } from '../storage/commands/handled-commands.js';
import type { Database } from '../storage/database.js';
import { Lease } from '../storage/lease.js';
import { PostgresEventLog } from '../storage/log/event-log.js';
import { PostgresOutputStore } from '../storage/output/output-store.js';
import { AlertRepository } from '../storage/query/alerts.js';
import { CheckpointRepository } from '../storage/query/checkpoints.js';
import { DeadLetterRepository } from '../storage/query/dead-letters.js';
import { SinkCursorRepository } from '../storage/query/sink-cursors.js';
import { AlertStates } from '../storage/triage/alert-states.js';
import { SnoozeRepository } from '../storage/triage/snoozes.js';
import { WakeUps } from './alerts/alert-stream.js';
import { CommandTopic } from './commands/command-topic.js';
import { RuleFilesService } from './files/rule-files.service.js';
import { createHttpServer } from './http/http-server.js';
import { MetaStream } from './meta/meta-stream.js';
import type { Settings } from './settings/settings.js';
import { Sinks } from './sinks/sinks.js';
import { kafkaSettings, StreamSources } from './sources.js';
import type { Teardown } from './teardown.js';
import { Snoozes } from './triage/snoozes.js';
import { StormBreaker } from './triage/storm-breaker.js';

const JOB = 'main';
const SHARD = 0;
/** What requests in flight get to end by themselves when the service stops, ms. */
const GRACE_MS = 2_000;
/** A sink looks for new alerts at least this often, ms. */
const SINK_LOOK_MS = 1_000;
/** How long the start waits for the job before the service answers without it, ms. */
const RECOVERY_GRACE_MS = 5_000;

/** What a part is started with. */
export interface PartOptions {
  /** Null for the operator's. */
  readonly tenant: string | null;
  readonly settings: Settings;
  /** Its own. */
  readonly database: Database;
  readonly log: Logger;
  /** The part cannot go on: the process must end. */
  readonly onFatal: (error: Error) => void;
  readonly teardown: Teardown;
}

export interface Part {
  readonly app: NestFastifyApplication;
  readonly files: RuleFilesService;
}

/** Everything but the port, on a database of its own: the operator's part of the service, or a tenant's. */
export async function startPart(options: PartOptions): Promise<Part> {
  const { tenant, settings, database, log, teardown } = options;
  const catalog = new PostgresCatalog(database);
  const lists = new ReferenceLists(database);
  const { job, started, eventLog, kafka, sources } = await startJob(options, catalog, lists);
  const wakeUps = new WakeUps();
  job.onCommitted(() => wakeUps.wake());
  const ingester = new HttpIngester(eventLog, job, { ...settings, backlogBytes: settings.logBacklogBytes });
  const alerts = new AlertRepository(database, JOB, SHARD);
  const snoozes = new Snoozes(new SnoozeRepository(database));
  const sinks = await startSinks(options, { catalog, alerts, snoozes, wakeUps });
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
    deadLetters: new DeadLetterRepository(database),
    apiKeys: new ApiKeyRepository(database),
    audit: new AuditLog(database),
    checkpoints: new CheckpointRepository(database, JOB, SHARD),
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
  return { app, files: await startFollowers(app, started, teardown) };
}

/** The engine with its logs, and its recovery under way. */
async function startJob({ settings, database, log, onFatal, teardown }: PartOptions, catalog: PostgresCatalog, lists: ReferenceLists) {
  const lease = await Lease.acquire(database, JOB, SHARD, { wait: 15_000 });
  teardown.add('giving the lease back', () => lease.release());
  const eventLog = await PostgresEventLog.open(lease);
  teardown.add('closing the event log', () => eventLog.close());
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
  return { job, started, eventLog, kafka, sources };
}

async function startSinks(
  { tenant, settings, database, log, teardown }: PartOptions,
  { catalog, alerts, snoozes, wakeUps }: { catalog: PostgresCatalog; alerts: AlertRepository; snoozes: Snoozes; wakeUps: WakeUps },
): Promise<Sinks> {
  await snoozes.load();
  const sinks = new Sinks({
    repository: new SinkRepository(database),
    catalog,
    outbox: alerts,
    cursors: new SinkCursorRepository(database),
    snoozed: (row) => snoozes.covers(row),
    kafka: kafkaSettings(settings),
    // Names of sinks, and so of tenants, hold no slash.
    deployment: tenant === null ? settings.deployment : `${settings.deployment}/${tenant}`,
    allowPrivate: settings.webhookPrivate === 'on',
    next: (stopped) => wakeUps.next(stopped, SINK_LOOK_MS),
    log: (level, message, details) => log[level]({ ...details }, message),
  });
  await sinks.start();
  teardown.add('stopping the sinks', () => sinks.close());
  return sinks;
}

/** What changes rules and streams by itself: files, the command topic; and what writes about the service. */
async function startFollowers(app: NestFastifyApplication, started: Promise<void>, teardown: Teardown): Promise<RuleFilesService> {
  const files = app.get(RuleFilesService);
  const synced = started.then(() => files.sync());
  // A start that failed is told by onFatal.
  synced.catch(() => {});
  await Promise.race([synced, delay(RECOVERY_GRACE_MS)]);
  const commands = app.get(CommandTopic);
  teardown.add('ending the command topic', () => commands.stop());
  const [meta, storms] = [app.get(MetaStream), app.get(StormBreaker)];
  teardown.add('ending the meta stream', () => meta.stop());
  teardown.add('ending the storm breaker', () => storms.stop());
  void synced
    .then(() => {
      commands.start(app);
      meta.start();
      storms.start();
    })
    .catch(() => {});
  return files;
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
