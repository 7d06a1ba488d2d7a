import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { freePort } from './service.js';

const VERSION = '4.1.0';
const JARS = join('node_modules', '.cache', `kafka-${VERSION}`);
const START_LIMIT_MS = 60_000;
const run = promisify(execFile);

/** A real Kafka broker for tests. */
export interface TestKafka {
  readonly brokers: string;
  readonly client: Kafka;
  createTopic(topic: string, partitions: number, config?: Record<string, string>): Promise<void>;
  /** Ends the broker as a crash does; undefined when the broker is not ours to end. */
  readonly kill?: () => Promise<void>;
  /** Starts it again on the same port and data. */
  readonly start?: () => Promise<void>;
  stop(): Promise<void>;
}

/** How this machine can give a broker; undefined with the reason in `missing` when it cannot. */
function findWay(): { way?: 'given' | 'compose' | 'jars'; missing?: string } {
  if (process.env.KAFKA_BROKERS) return { way: 'given' };
  if (answers('docker', ['info']) && answers('docker', ['compose', 'version'])) return { way: 'compose' };
  if (!answers('java', ['-version'])) return { missing: 'no KAFKA_BROKERS, no Docker engine, no Java' };
  if (existsSync(join(JARS, 'done')) || answers('mvn', ['-version'])) return { way: 'jars' };
  return { missing: 'no KAFKA_BROKERS, no Docker engine, no Maven to bring the broker' };
}

function answers(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

/**
 * `describe` for tests that need a broker. Where there is none they say loudly that they did not run; with CI=true
 * that is a failure.
 */
export function describeWithKafka(name: string, tests: () => void): void {
  describeWhen(name, findWay().missing, tests);
}

function describeWhen(name: string, missing: string | undefined, tests: () => void): void {
  if (missing === undefined) return describe(name, tests);
  process.stderr.write(`\n*** NOT RUN: ${name}\n*** These tests need a Kafka broker: ${missing}.\n\n`);
  describe(name, () => {
    it('needs a Kafka broker', () => {
      if (process.env.CI === 'true') throw new Error(`no Kafka broker on a CI machine: ${missing}`);
    });
  });
}

/** A broker that is asked for a name and a password, with and without TLS. Only from jars: others' brokers are as they are. */
export interface SecureKafka extends TestKafka {
  readonly saslPlaintext: string;
  readonly saslSsl: string;
  /** The file with the certificate to trust. */
  readonly certificate: string;
}

/** Whom a SecureKafka lets in, by PLAIN and SCRAM. */
export const KAFKA_USER = { name: 'alice', password: 'a-password-of-kafka' } as const;

export function describeWithSecureKafka(name: string, tests: () => void): void {
  describeWhen(
    name,
    answers('java', ['-version']) && (existsSync(join(JARS, 'done')) || answers('mvn', ['-version']))
      ? undefined
      : 'no Java, or no Maven to bring the broker',
    tests,
  );
}

export async function startSecureKafka(): Promise<SecureKafka> {
  await bringJars();
  const folder = await mkdtemp(join(tmpdir(), 'tripline-kafka-'));
  const [port, controllerPort, saslPlaintext, saslSsl] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const certificate = await makeCertificate(folder);
  const broker = new JarBroker(folder, port, controllerPort, { SASL_PLAINTEXT: saslPlaintext, SASL_SSL: saslSsl });
  await broker.format();
  await broker.start();
  const kafka = connected(`127.0.0.1:${port}`, async () => {
    await broker.kill();
    await rm(folder, { recursive: true, force: true });
  });
  return { ...kafka, saslPlaintext: `127.0.0.1:${saslPlaintext}`, saslSsl: `127.0.0.1:${saslSsl}`, certificate };
}

const STORE_PASSWORD = 'changeit';

/** A key for the broker in broker.p12, and its certificate beside it. */
async function makeCertificate(folder: string): Promise<string> {
  const store = ['-alias', 'broker', '-keystore', join(folder, 'broker.p12'), '-storepass', STORE_PASSWORD];
  const certificate = join(folder, 'broker.pem');
  await run('keytool', [
    '-genkeypair',
    '-keyalg',
    'EC',
    '-dname',
    'CN=127.0.0.1',
    '-ext',
    'san=ip:127.0.0.1',
    '-storetype',
    'PKCS12',
    ...store,
  ]);
  await run('keytool', ['-exportcert', '-rfc', '-file', certificate, ...store]);
  return certificate;
}

/** Starts a broker, or takes the one of KAFKA_BROKERS. */
export async function startTestKafka(): Promise<TestKafka> {
  const { way, missing } = findWay();
  if (way === 'given') return connected(process.env.KAFKA_BROKERS!, async () => {});
  if (way === 'compose') return startCompose();
  if (way === 'jars') return startJars();
  throw new Error(missing);
}

function connected(brokers: string, stop: () => Promise<void>): TestKafka {
  const client = new Kafka({ brokers: brokers.split(','), clientId: 'tripline-test', logLevel: logLevel.NOTHING });
  return {
    brokers,
    client,
    async createTopic(topic, partitions, config = {}) {
      const admin = client.admin();
      await admin.connect();
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: partitions, configEntries }] });
      await untilLed(admin, topic, partitions);
      await admin.disconnect();
    },
    stop,
  };
}

/** The broker may not know a topic for a moment after it has made it. */
async function untilLed(admin: Admin, topic: string, partitions: number): Promise<void> {
  for (const limit = Date.now() + START_LIMIT_MS; ; await delay(20)) {
    const found = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined);
    if (found?.topics[0].partitions.filter(({ leader }) => leader >= 0).length === partitions) return;
    if (Date.now() > limit) throw new Error(`topic ${topic} has no leaders`);
  }
}

async function startCompose(): Promise<TestKafka> {
  const port = await freePort();
  const project = `tripline-test-${port}`;
  const compose = (...args: string[]) =>
    run('docker', ['compose', '-p', project, ...args], {
      env: { ...process.env, KAFKA_PORT: String(port), KAFKA_RETENTION_MS: '-1', TRIPLINE_API_KEYS: 'unused' },
    });
  await compose('up', '--detach', '--wait', 'kafka');
  return connected(`127.0.0.1:${port}`, async () => void (await compose('down', '--volumes')));
}

async function startJars(): Promise<TestKafka> {
  await bringJars();
  const folder = await mkdtemp(join(tmpdir(), 'tripline-kafka-'));
  const broker = new JarBroker(folder, await freePort(), await freePort());
  await broker.format();
  await broker.start();
  const kafka = connected(`127.0.0.1:${broker.port}`, async () => {
    await broker.kill();
    await rm(folder, { recursive: true, force: true });
  });
  return { ...kafka, kill: () => broker.kill(), start: () => broker.start() };
}

/** Maven brings the broker's jars once; they stay below node_modules/.cache. */
async function bringJars(): Promise<void> {
  if (existsSync(join(JARS, 'done'))) return;
  await mkdir(join('node_modules', '.cache'), { recursive: true });
  const folder = await mkdtemp(join('node_modules', '.cache', 'kafka-'));
  await writeFile(join(folder, 'pom.xml'), pom());
  const args = [
    '-q',
    '-B',
    '-f',
    join(folder, 'pom.xml'),
    'dependency:copy-dependencies',
    `-DoutputDirectory=${join(process.cwd(), folder)}`,
  ];
  await run('mvn', args, { timeout: 600_000 });
  await writeFile(join(folder, 'done'), '');
  // Another process may have been quicker.
  await rename(folder, JARS).catch(() => rm(folder, { recursive: true, force: true }));
}

function pom(): string {
  const dependency = (group: string, artifact: string, version: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
    <groupId>dev.tripline</groupId><artifactId>test-broker</artifactId><version>1</version><packaging>pom</packaging><dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', VERSION)}
    ${dependency('org.apache.kafka', 'kafka-tools', VERSION)}
    ${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
    </dependencies></project>`;
}

/** One KRaft node, broker and controller in one, run from jars. */
class JarBroker {
  #process: ChildProcess | undefined;
  #output = '';

  constructor(
    readonly folder: string,
    readonly port: number,
    readonly controllerPort: number,
    /** Ports of more listeners, by protocol. */
    readonly secure: Readonly<Record<string, number>> = {},
  ) {}

  get #properties(): string {
    return join(this.folder, 'kraft.properties');
  }

  async format(): Promise<void> {
    await writeFile(
      this.#properties,
      [
        'process.roles=broker,controller',
        'node.id=1',
        `controller.quorum.voters=1@127.0.0.1:${this.controllerPort}`,
        `listeners=${this.#listeners()},CONTROLLER://127.0.0.1:${this.controllerPort}`,
        `advertised.listeners=${this.#listeners()}`,
        'controller.listener.names=CONTROLLER',
        `log.dirs=${join(this.folder, 'data')}`,
        'offsets.topic.replication.factor=1',
        'offsets.topic.num.partitions=1',
        'transaction.state.log.replication.factor=1',
        'transaction.state.log.min.isr=1',
        'transaction.state.log.num.partitions=1',
        'group.initial.rebalance.delay.ms=0',
        'auto.create.topics.enable=false',
        // Records of tests carry times of their own.
        'log.retention.ms=-1',
        'log.retention.check.interval.ms=500',
        'log.segment.delete.delay.ms=100',
        'log.initial.task.delay.ms=500',
        ...this.#security(),
      ].join('\n'),
    );
    const users = Object.keys(this.secure).length === 0 ? [] : ['SCRAM-SHA-256', 'SCRAM-SHA-512'];
    const { name, password } = KAFKA_USER;
    const scram = users.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${name},password=${password}]`]);
    const format = ['format', '-t', 'dHJpcGxpbmUtdGVzdC1jbA', '-c', this.#properties, ...scram];
    await run('java', [...this.#java(), 'kafka.tools.StorageTool', ...format]);
  }

  #listeners(): string {
    return Object.entries({ PLAINTEXT: this.port, ...this.secure })
      .map(([protocol, port]) => `${protocol}://127.0.0.1:${port}`)
      .join();
  }

  #security(): string[] {
    const protocols = Object.keys(this.secure);
    if (protocols.length === 0) return [];
    const { name, password } = KAFKA_USER;
    const module = 'org.apache.kafka.common.security';
    const logins = protocols.map((protocol) => `listener.name.${protocol.toLowerCase()}`);
    return [
      `listener.security.protocol.map=CONTROLLER:PLAINTEXT,${['PLAINTEXT', ...protocols].map((each) => `${each}:${each}`).join()}`,
      'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      ...logins.flatMap((login) => [
        `${login}.plain.sasl.jaas.config=${module}.plain.PlainLoginModule required user_${name}="${password}";`,
        `${login}.scram-sha-256.sasl.jaas.config=${module}.scram.ScramLoginModule required;`,
        `${login}.scram-sha-512.sasl.jaas.config=${module}.scram.ScramLoginModule required;`,
      ]),
      'ssl.keystore.type=PKCS12',
      `ssl.keystore.location=${join(this.folder, 'broker.p12')}`,
      `ssl.keystore.password=${STORE_PASSWORD}`,
    ];
  }

  async start(): Promise<void> {
    const child = spawn('java', [...this.#java(), 'kafka.Kafka', this.#properties], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    const keep = (data: Buffer) => (this.#output = (this.#output + data.toString()).slice(-20_000));
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const admin = new Kafka({ brokers: [`127.0.0.1:${this.port}`], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
    for (const limit = Date.now() + START_LIMIT_MS; Date.now() < limit && child.exitCode === null; await delay(100)) {
      try {
        await admin.connect();
        await admin.describeCluster();
        await admin.disconnect();
        return;
      } catch {
        // Not up yet.
      }
    }
    const log = await readFile(join(this.folder, 'data', 'meta.properties'), 'utf8').catch(() => 'not formatted');
    throw new Error(`the broker did not start (${log}):\n${this.#output.slice(-4_000)}`);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  #java(): string[] {
    const options = ['-Xmx320m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
    return [...options, '-cp', [join(JARS, '*')].join(delimiter)];
  }
}
