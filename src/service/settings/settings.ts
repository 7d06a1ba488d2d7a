import { nearest } from '../../engine/problem/problem.js';
import { type ApiKey, apiKeys } from './api-keys.js';
import {
  brokers,
  duration,
  httpsUrl,
  integer,
  oneOf,
  origins,
  postgresUrl,
  type SettingReader,
  size,
  tenantNames,
  text,
} from './readers.js';

interface Setting<T> {
  readonly name: string;
  readonly reader: SettingReader<T>;
  readonly fallback: T;
  /** Never shown, not even in an error. */
  readonly secret?: boolean;
  /** One line for docs/operations.md. */
  readonly about: string;
}

function setting<T>(name: string, reader: SettingReader<T>, fallback: T, about: string, secret = false): Setting<T> {
  return { name, reader, fallback, about, secret };
}

/** Every environment variable the service reads, under the name its code uses. Sizes in bytes, durations in ms. */
export const SETTINGS = {
  port: setting('PORT', integer(0, 65535), 3000, 'port to listen on; 0 takes a free one'),
  host: setting('HOST', text, '127.0.0.1', 'address to listen on; anything but loopback needs keys or OIDC'),
  databaseUrl: setting<string | undefined>('DATABASE_URL', postgresUrl, undefined, 'PostgreSQL; absent = the embedded one', true),
  kafkaBrokers: setting<readonly string[] | undefined>(
    'KAFKA_BROKERS',
    brokers,
    undefined,
    'host:port, separated by commas; absent = no Kafka',
  ),
  kafkaTls: setting<'on' | 'off'>('KAFKA_TLS', oneOf('on', 'off'), 'off', 'on = TLS to the brokers'),
  kafkaSaslMechanism: setting<'plain' | 'scram-sha-256' | 'scram-sha-512' | undefined>(
    'KAFKA_SASL_MECHANISM',
    oneOf('plain', 'scram-sha-256', 'scram-sha-512'),
    undefined,
    'how to sign in to the brokers; absent = not at all',
  ),
  kafkaSaslUsername: setting<string | undefined>('KAFKA_SASL_USERNAME', text, undefined, 'name for SASL'),
  kafkaSaslPassword: setting<string | undefined>('KAFKA_SASL_PASSWORD', text, undefined, 'password for SASL', true),
  commandTopic: setting<string | undefined>(
    'TRIPLINE_COMMAND_TOPIC',
    text,
    undefined,
    'Kafka topic whose messages change rules, streams and sinks; absent = none',
  ),
  replyTopic: setting<string | undefined>(
    'TRIPLINE_REPLY_TOPIC',
    text,
    undefined,
    'Kafka topic of the replies to commands; absent = the command topic with `.reply`',
  ),
  metaStream: setting<string | undefined>(
    'TRIPLINE_META_STREAM',
    text,
    undefined,
    'stream that gets what happens to the service itself; absent = none',
  ),
  silentAfterMs: setting('TRIPLINE_SILENT_AFTER', duration(1), 600_000, 'time without events from which a stream counts as silent'),
  stormLimit: setting(
    'TRIPLINE_STORM_LIMIT',
    integer(0, 1_000_000_000),
    0,
    'alerts of one rule within a minute from which it is snoozed; 0 = none',
  ),
  stormSnoozeMs: setting('TRIPLINE_STORM_SNOOZE', duration(1_000), 600_000, 'how long a rule is snoozed that gives too many alerts'),
  webhookPrivate: setting<'on' | 'off'>(
    'TRIPLINE_WEBHOOK_PRIVATE',
    oneOf('on', 'off'),
    'off',
    'on = webhooks may lead into private networks',
  ),
  dataDir: setting('TRIPLINE_DATA_DIR', text, './data', 'folder of the embedded PostgreSQL and of local state'),
  rulesDir: setting<string | undefined>(
    'TRIPLINE_RULES_DIR',
    text,
    undefined,
    'folder whose YAML files keep rules and streams; absent = none',
  ),
  deployment: setting('TRIPLINE_DEPLOYMENT', text, 'tripline', 'names this service in Kafka: no two that share a cluster have the same'),
  checkpointIntervalMs: setting('TRIPLINE_CHECKPOINT_INTERVAL', duration(10), 5_000, 'time between checkpoints'),
  slots: setting('TRIPLINE_SLOTS', integer(1, 1), 1, 'engine threads; more than 1 is refused until slots exist'),
  logRetentionMs: setting('TRIPLINE_LOG_RETENTION', duration(1_000), 86_400_000, 'how long events that came over HTTP are kept'),
  logBacklogBytes: setting(
    'TRIPLINE_LOG_BACKLOG',
    size(65_536),
    512 * 2 ** 20,
    'unprocessed bytes from which events are answered with 429',
  ),
  farFutureMs: setting('TRIPLINE_FAR_FUTURE', duration(0), 3_600_000, "how far an event's time may lie after its arrival"),
  maxAheadMs: setting('TRIPLINE_MAX_AHEAD', duration(1), 60_000, 'event time a partition may be ahead of the others before it is paused'),
  stallAfterMs: setting(
    'TRIPLINE_STALL_AFTER',
    duration(1),
    30_000,
    'time without anything from a partition that has more, or cannot be read, after which it is stalled',
  ),
  maxEventBytes: setting('TRIPLINE_MAX_EVENT_BYTES', size(64), 2 ** 20, 'size of one event'),
  maxRuleBytes: setting('TRIPLINE_MAX_RULE_BYTES', size(256), 256 * 1024, 'size of a rule or stream document'),
  maxListBytes: setting('TRIPLINE_MAX_LIST_BYTES', size(1_024), 16 * 2 ** 20, 'size of a request that changes a reference list'),
  maxListEntries: setting('TRIPLINE_MAX_LIST_ENTRIES', integer(1, 100_000_000), 1_000_000, 'entries of a reference list'),
  maxNesting: setting('TRIPLINE_MAX_NESTING', integer(4, 1_000), 32, 'nesting of a document'),
  maxSteps: setting('TRIPLINE_MAX_STEPS', integer(1, 10_000), 64, 'steps of a pattern'),
  maxTimes: setting('TRIPLINE_MAX_TIMES', integer(1, 1_000_000), 1_000, 'highest count in times'),
  maxExpressionLength: setting('TRIPLINE_MAX_EXPRESSION_LENGTH', integer(16, 1_000_000), 8_192, 'characters of a condition'),
  maxExpressionNesting: setting('TRIPLINE_MAX_EXPRESSION_NESTING', integer(4, 250), 64, 'nesting of a condition'),
  maxEventNesting: setting('TRIPLINE_MAX_EVENT_NESTING', integer(4, 10_000), 64, 'nesting of an event'),
  watchdogMs: setting('TRIPLINE_WATCHDOG', duration(100), 5_000, 'silence of the engine after which it is restarted'),
  engineHeapBytes: setting(
    'TRIPLINE_ENGINE_HEAP',
    size(64 * 2 ** 20),
    8 * 2 ** 30,
    "heap of the engine's thread, where all state is; beyond it the thread is restarted",
  ),
  alertRetentionMs: setting('TRIPLINE_ALERT_RETENTION', duration(60_000), 30 * 86_400_000, 'how long alerts are kept'),
  deadLetterRetentionMs: setting('TRIPLINE_DEAD_LETTER_RETENTION', duration(60_000), 7 * 86_400_000, 'how long dead letters are kept'),
  apiKeys: setting<readonly ApiKey[]>('TRIPLINE_API_KEYS', apiKeys, [], 'keys of the API, name:role:key separated by commas', true),
  auth: setting<'on' | 'off'>('TRIPLINE_AUTH', oneOf('on', 'off'), 'on', 'off = no keys asked for, on any address'),
  oidcIssuer: setting<string | undefined>(
    'TRIPLINE_OIDC_ISSUER',
    httpsUrl,
    undefined,
    'OpenID Connect provider whose bearer tokens are taken; absent = none',
  ),
  oidcAudience: setting<string | undefined>('TRIPLINE_OIDC_AUDIENCE', text, undefined, 'whom tokens must be meant for (`aud`)'),
  oidcRoleClaim: setting('TRIPLINE_OIDC_ROLE_CLAIM', text, 'tripline_role', "path of the claim that names a token's role or roles"),
  oidcTenantClaim: setting('TRIPLINE_OIDC_TENANT_CLAIM', text, 'tripline_tenant', "path of the claim that names a token's tenant"),
  tenants: setting<readonly string[]>(
    'TRIPLINE_TENANTS',
    tenantNames,
    [],
    'tenants that the service holds apart from its own, separated by commas; absent = none',
  ),
  rateLimit: setting('TRIPLINE_RATE_LIMIT', integer(0, 1_000_000), 1_000, 'requests a second of one key or token; 0 = no limit'),
  rateBurst: setting('TRIPLINE_RATE_BURST', integer(1, 10_000_000), 2_000, 'requests of one key at once, after a pause'),
  corsOrigins: setting<readonly string[]>(
    'TRIPLINE_CORS_ORIGINS',
    origins,
    [],
    'origins whose pages may call, separated by commas, or `*`; absent = none',
  ),
  logLevel: setting(
    'TRIPLINE_LOG_LEVEL',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'least level of the log lines on standard output',
  ),
  failpoint: setting<string | undefined>('TRIPLINE_FAILPOINT', text, undefined, 'for tests: the named place where the process stops'),
} as const;

/** What the service runs with: read and checked once at start, then frozen. */
export type Settings = { readonly [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never };

/** The environment holds settings that the service cannot start with; one line per problem, no secrets. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`invalid settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'SettingsError';
  }
}

/** Names that tests and benchmarks read; the service lets them pass. */
const FOREIGN = /^TRIPLINE_(TEST|BENCH)_/;

/** Reads and checks the whole environment. Throws SettingsError naming every problem. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const problems = unknownNames(environment);
  const values: Record<string, unknown> = {};
  for (const [property, one] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    const found = environment[one.name];
    // An empty variable is what `NAME= npm start` and compose files give for "not set".
    if (found === undefined || found === '') {
      values[property] = one.fallback;
      continue;
    }
    const value = one.reader.read(found.trim());
    if (value === undefined) problems.push(`${one.name}${one.secret ? '' : `=${found}`}: expected ${one.reader.expected}`);
    values[property] = value;
  }
  const settings = values as Settings;
  if (problems.length === 0) problems.push(...incompleteSasl(settings), ...topicWithoutBrokers(settings), ...incompleteOidc(settings));
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(settings);
}

function unknownNames(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = Object.values(SETTINGS).map((one) => one.name);
  return Object.keys(environment)
    .filter((name) => name.startsWith('TRIPLINE_') && !known.includes(name) && !FOREIGN.test(name))
    .map((name) => {
      const bare = name.slice('TRIPLINE_'.length);
      const guess = known.includes(bare) ? bare : nearest(name, known);
      return `${name}: unknown setting${guess === undefined ? '' : `, did you mean ${guess}?`}`;
    });
}

function incompleteSasl({ kafkaSaslMechanism: mechanism, kafkaSaslUsername: name, kafkaSaslPassword: password }: Settings): string[] {
  if (mechanism === undefined || (name !== undefined && password !== undefined)) return [];
  return [`KAFKA_SASL_MECHANISM=${mechanism}: needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD`];
}

function topicWithoutBrokers({ commandTopic, kafkaBrokers }: Settings): string[] {
  return commandTopic === undefined || kafkaBrokers !== undefined ? [] : [`TRIPLINE_COMMAND_TOPIC=${commandTopic}: needs KAFKA_BROKERS`];
}

/** A token for another service of the same provider must not open this one. */
function incompleteOidc({ oidcIssuer, oidcAudience }: Settings): string[] {
  if (oidcIssuer === undefined || oidcAudience !== undefined) return [];
  return [`TRIPLINE_OIDC_ISSUER=${oidcIssuer}: needs TRIPLINE_OIDC_AUDIENCE`];
}
