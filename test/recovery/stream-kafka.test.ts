/** Stream programs from Kafka to Kafka and to PostgreSQL, killed, frozen and replaced. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Partitioners, type Producer } from 'kafkajs';
import pg from 'pg';
import { KafkaSource, StreamExecutionEnvironment } from 'tripline';
import { describeWithKafka, startTestKafka, type TestKafka } from '../support/kafka.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { seeded } from './scenario.js';

const KILLS = Number(process.env.TRIPLINE_TEST_KILLS ?? 1);
const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? Date.now() % 1_000_000);
const PARTITIONS = 3;
const CARDS = 20;
const CHUNKS = 8;
const CHUNK = 250;
const START = 1_700_000_000_000;
/** Closes every window. */
const END = START + 10_000_000;
const FAILPOINTS = ['stream-segments-written', 'stream-checkpoint-complete', 'stream-committed'];

interface Payment {
  readonly card: string;
  readonly time: number;
  readonly amount: number;
}

/** Chunks of payments, each card in one partition, out of order within the program's bound. */
function chunks(random: () => number): Payment[][] {
  let time = START;
  return Array.from({ length: CHUNKS }, () =>
    Array.from({ length: CHUNK }, () => {
      time += Math.floor(random() * 100);
      const card = `c${Math.floor(random() * CARDS)}`;
      return { card, time: time - Math.floor(random() * 1_000), amount: Math.floor(random() * 100) };
    }),
  );
}

/** `card until payments amount`, as the program must give them. */
function expectedOf(payments: readonly Payment[]): string[] {
  const totals = new Map<string, { payments: number; amount: number }>();
  for (const { card, time, amount } of payments) {
    const key = `${card} ${time - (time % 10_000) + 10_000}`;
    const total = totals.get(key) ?? { payments: 0, amount: 0 };
    totals.set(key, { payments: total.payments + 1, amount: total.amount + amount });
  }
  return [...totals].map(([key, { payments: count, amount }]) => `${key} ${count} ${amount}`).sort();
}

/** One of the programs under examples/delivery as a process. */
class Program {
  #process: ChildProcess | undefined;
  errors = '';

  constructor(
    readonly name: string,
    readonly env: Record<string, string>,
  ) {}

  get running(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  start(extra: Record<string, string> = {}): void {
    const env = { PATH: process.env.PATH ?? '', CHECKPOINT_INTERVAL: '30', ...this.env, ...extra };
    const child = spawn(process.execPath, [`dist/examples/delivery/${this.name}.js`], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (data: Buffer) => (this.errors += data.toString()));
    this.#process = child;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async ended(): Promise<void> {
    if (this.running) await once(this.#process as ChildProcess, 'exit');
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended();
  }
}

describeWithKafka(`stream programs with Kafka over kill -9 (TRIPLINE_TEST_SEED=${SEED})`, () => {
  let kafka: TestKafka;
  let postgres: TestPostgres;
  let producer: Producer;
  let folder: string;
  let runs = 0;
  const random = seeded(SEED);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tripline-stream-kafka-'));
    [kafka, postgres] = await Promise.all([startTestKafka(), startTestPostgres()]);
    producer = kafka.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
  }, 120_000);

  afterAll(async () => {
    await producer?.disconnect();
    await kafka?.stop();
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** New topics and a new folder of checkpoints. */
  async function settings(): Promise<Record<string, string>> {
    const run = ++runs;
    const [from, to] = [`payments-${run}`, `totals-${run}`];
    await kafka.createTopic(from, PARTITIONS);
    await kafka.createTopic(to, PARTITIONS);
    return { KAFKA_BROKERS: kafka.brokers, FROM: from, TO: to, CHECKPOINTS: join(folder, String(run)) };
  }

  const send = (topic: string, payments: readonly Payment[]) =>
    producer.send({
      topic,
      messages: payments.map((payment) => ({
        partition: Number(payment.card.slice(1)) % PARTITIONS,
        value: JSON.stringify(payment),
      })),
    });

  const closing = Array.from({ length: PARTITIONS }, (_, partition) => ({ card: `c${partition}`, time: END, amount: 0 }));

  /** What a topic holds for consumers that read committed. */
  const inTopic = (topic: string): Promise<string[]> => {
    const source = KafkaSource.json<{ card: string; until: number; payments: number; amount: number }>({
      brokers: [kafka.brokers],
      topic,
      bounded: true,
    });
    return StreamExecutionEnvironment.getExecutionEnvironment()
      .fromSource(source)
      .map(({ card, until, payments, amount }) => `${card} ${until} ${payments} ${amount}`)
      .executeAndCollect();
  };

  async function inTable(url: string): Promise<string[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<{ row: string }>(
      `SELECT concat_ws(' ', card, extract(epoch FROM until)::bigint * 1000, payments, amount) AS row FROM totals`,
    );
    await client.end();
    return rows.map(({ row }) => row);
  }

  /** Waits until as many are there as are expected, then a while for some too many. */
  async function settled(read: () => Promise<string[]>, count: number, program: Program): Promise<string[]> {
    for (const limit = Date.now() + 60_000; ; await delay(100)) {
      const found = await read();
      if (found.length >= count) break;
      if (!program.running) throw new Error(`the program ended: ${program.errors}`);
      if (Date.now() > limit) throw new Error(`${found.length} of ${count} results after 60 s`);
    }
    await delay(200);
    return (await read()).sort();
  }

  /** Sends all chunks while the program is killed at a failpoint and at some of them. */
  async function play(program: Program, failpoint: string): Promise<string[]> {
    const all = chunks(seeded(SEED));
    program.start({ TRIPLINE_FAILPOINT: failpoint });
    const kills = new Set([2, 5].map((at) => at + Math.floor(random() * 2)));
    for (const [at, chunk] of all.entries()) {
      await send(program.env.FROM, chunk);
      if (!program.running) program.start();
      if (!kills.has(at)) continue;
      await delay(400 + random() * 400);
      await program.kill();
      program.start();
    }
    await send(program.env.FROM, closing);
    return expectedOf(all.flat());
  }

  for (let time = 0; time < Math.max(1, Math.ceil(KILLS / 4)); time++) {
    const failpoint = `${FAILPOINTS[(SEED + time) % FAILPOINTS.length]}:${3 + ((SEED + time) % 5)}`;

    it(`Kafka to Kafka, each total once, killed at ${failpoint} and at random`, async () => {
      const program = new Program('kafka-to-kafka', await settings());
      const expected = await play(program, failpoint);
      if (!program.running) program.start();
      const found = await settled(() => inTopic(program.env.TO), expected.length, program);
      await program.kill();
      expect(found).toEqual(expected);
    }, 180_000);
  }

  it('Kafka to PostgreSQL, each total once, killed at random', async () => {
    const url = await postgres.createDatabase();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('CREATE TABLE totals (card text, until timestamptz, payments int, amount numeric)');
    await client.end();
    const program = new Program('kafka-to-postgres', { ...(await settings()), DATABASE_URL: url });
    const expected = await play(program, 'stream-committed:4');
    if (!program.running) program.start();
    const found = await settled(() => inTable(url), expected.length, program);
    await program.kill();
    expect(found).toEqual(expected);
  }, 180_000);

  it('a frozen program that wakes after its successor has committed writes nothing', async () => {
    const env = await settings();
    const [frozen, successor] = [new Program('kafka-to-kafka', env), new Program('kafka-to-kafka', env)];
    const all = chunks(seeded(SEED + 1));
    frozen.start();
    await send(env.FROM, all[0]);
    for (const limit = Date.now() + 60_000; (await inTopic(env.TO)).length === 0 && Date.now() < limit; await delay(50));
    await send(env.FROM, all[1]);
    frozen.signal('SIGSTOP');
    successor.start();
    await send(env.FROM, all[2]);
    const before = (await inTopic(env.TO)).length;
    for (const limit = Date.now() + 60_000; (await inTopic(env.TO)).length === before && Date.now() < limit; await delay(50));
    frozen.signal('SIGCONT');
    await frozen.ended();
    for (const chunk of all.slice(3)) await send(env.FROM, chunk);
    await send(env.FROM, closing);
    const expected = expectedOf(all.flat());
    const found = await settled(() => inTopic(env.TO), expected.length, successor);
    await successor.kill();
    expect(found).toEqual(expected);
    expect(frozen.errors).toMatch(/another program has taken over|another writer has committed|ahead of the program/);
  }, 180_000);
});
