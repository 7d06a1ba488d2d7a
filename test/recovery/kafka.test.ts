import { Partitioners } from 'kafkajs';
import pg from 'pg';
import { KafkaSource, StreamExecutionEnvironment } from 'tripline';
import { setTimeout as delay } from 'node:timers/promises';
import { describeWithKafka, startTestKafka, type TestKafka } from '../support/kafka.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { Service } from '../support/service.js';
import { Client, CLOSING_TIME, knownScenario, seeded } from './scenario.js';

const KILLS = Number(process.env.TRIPLINE_TEST_KILLS ?? 2);
const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? Date.now() % 1_000_000);
/** 200,000 by `npm run test:recovery`, as many as fit into a CI run otherwise. */
const EVENTS = process.env.TRIPLINE_TEST_KILLS === undefined ? 3_000 : 200_000;
const PARTITIONS = 4;
const CHUNKS = 10;
const CHUNK = EVENTS / CHUNKS;

interface SinkRecord {
  readonly key: string;
  readonly id: string;
}

const {
  streams: [STREAM],
  rules: RULES,
} = knownScenario(seeded(SEED), 0);

/** Events whose times wander by up to the stream's bound, some late; a card is always in one partition. */
function events(random: () => number): { partition: number; value: string }[] {
  let time = 1_700_000_000_000;
  return Array.from({ length: EVENTS }, (_, number) => {
    time += Math.floor(random() * 400);
    const card = Math.floor(random() * 40);
    const ts = time - (random() < 0.01 ? 60_000 : Math.floor(random() * 1_500));
    const event = { id: `e${number}`, ts, card: `c${card}`, shop: Math.floor(random() * 2), amount: Math.floor(random() * 100) };
    return { partition: card % PARTITIONS, value: random() < 0.002 ? '{"broken' : JSON.stringify(event) };
  });
}

describeWithKafka(`Kafka to Kafka over kill -9 (TRIPLINE_TEST_SEED=${SEED})`, () => {
  let kafka: TestKafka;
  let postgres: TestPostgres;

  beforeAll(async () => {
    [kafka, postgres] = await Promise.all([startTestKafka(), startTestPostgres()]);
  }, 120_000);

  afterAll(async () => {
    await kafka?.stop();
    await postgres?.stop();
  });

  /** All records of the sink's topic. */
  async function taken(topic: string): Promise<SinkRecord[]> {
    const admin = kafka.client.admin();
    await admin.connect();
    const end = (await admin.fetchTopicOffsets(topic)).reduce((sum, { offset }) => sum + Number(offset), 0);
    await admin.disconnect();
    const found: SinkRecord[] = [];
    if (end === 0) return found;
    const consumer = kafka.client.consumer({ groupId: `reader-${topic}-${Date.now()}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`read ${found.length} of ${end} records`)), 30_000);
      void consumer.run({
        eachMessage: async ({ message }) => {
          found.push({ key: String(message.key), id: String(message.headers?.['alert-id']) });
          if (found.length >= end) resolve(clearTimeout(limit));
        },
      });
    });
    await consumer.disconnect();
    return found;
  }

  /** Registers, produces, closes with a watermark, and reads what came of it; `disturb` happens between the chunks. */
  async function play(name: string, disturb: (service: Service, chunk: number) => Promise<void>) {
    await kafka.createTopic(`${name}-in`, PARTITIONS);
    await kafka.createTopic(`${name}-out`, PARTITIONS);
    await kafka.createTopic(`${name}-once`, PARTITIONS);
    const service = await Service.create({
      DATABASE_URL: await postgres.createDatabase(),
      KAFKA_BROKERS: kafka.brokers,
      TRIPLINE_CHECKPOINT_INTERVAL: '100ms',
      TRIPLINE_DEPLOYMENT: name,
    });
    await service.start();
    const client = new Client(service, () => service.start());
    await client.json('PUT', '/v1/sinks/out', { kafka: { topic: `${name}-out` } });
    await client.json('PUT', '/v1/sinks/once', { kafka: { topic: `${name}-once` }, delivery: 'exactlyOnce' });
    await client.json('PUT', '/v1/streams/payments', { ...STREAM, source: { kafka: { topic: `${name}-in` } } });
    for (const rule of RULES) await client.json('PUT', `/v1/rules/${rule.id}`, rule);
    const all = events(seeded(SEED));
    // Idempotent: a chunk that is sent again while the broker is away is in the topic once.
    const producer = kafka.client.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    for (let from = 0; from < all.length; from += CHUNK) {
      await producer.send({ topic: `${name}-in`, messages: all.slice(from, from + CHUNK) });
      await disturb(service, from / CHUNK);
    }
    await producer.disconnect();
    await client.json('POST', '/v1/streams/payments/watermark', { time: CLOSING_TIME });
    const alerts = (await client.list<{ id: string }>('/v1/alerts?limit=200')).map(({ id }) => id);
    const letters = (await client.list<{ code: string; offset: number; partition: number }>('/v1/dead-letters?limit=200')).map(
      ({ code, partition, offset }) => `${code} ${partition}/${offset}`,
    );
    for (const sink of ['out', 'once'])
      await until(
        async () => (await client.json<{ status: { cursor: number } }>('GET', `/v1/sinks/${sink}`)).status.cursor === alerts.length,
      );
    const metrics = await (await client.call('GET', '/metrics')).text();
    await service.kill();
    const ghosts = Number(/^tripline_ghost_alerts(?:_total)?(?:\{[^}]*\})? (\d+)/m.exec(metrics)?.[1]);
    return {
      alerts,
      letters: letters.sort(),
      records: await taken(`${name}-out`),
      once: await committedIds(kafka.brokers, `${name}-once`, alerts.length),
      ghosts,
    };
  }

  let expected: Awaited<ReturnType<typeof play>>;

  it('gives alerts, dead letters and a sink topic to compare with', async () => {
    expected = await play('calm', async () => {});
    expect(expected.alerts.length).toBeGreaterThan(EVENTS / 200);
    expect(expected.letters.some((letter) => letter.startsWith('late-event'))).toBe(true);
    expect(expected.records.map(({ id }) => id).sort()).toEqual([...expected.alerts].sort());
    expect(expected.once.toSorted()).toEqual(expected.alerts.toSorted());
  }, 300_000);

  for (let run = 1; run <= Math.ceil(KILLS / 5); run++) {
    it(`the service killed at random, the broker once, run ${run}`, async () => {
      const random = seeded(SEED + run);
      const kills = new Set(Array.from({ length: Math.min(KILLS, 5) }, () => Math.floor(random() * CHUNKS)));
      const found = await play(`killed-${run}`, async (service, chunk) => {
        if (kills.has(chunk)) {
          await delay(random() * 300);
          await service.kill();
          await service.start({}, '/health/live');
        }
        if (chunk === CHUNKS / 2 && kafka.kill !== undefined) {
          await delay(random() * 300);
          await kafka.kill();
          await kafka.start?.();
        }
      });
      expect(found.ghosts).toBe(0);
      expect([...found.alerts].sort()).toEqual([...expected.alerts].sort());
      expect(found.letters).toEqual(expected.letters);
      expect(found.once.toSorted()).toEqual(expected.alerts.toSorted());
      // Some alerts more than once, none missing, and per key each first one in the order of the calm run's outbox.
      expect([...new Set(found.records.map(({ id }) => id))].sort()).toEqual([...expected.alerts].sort());
      expect(perKey(found.records)).toEqual(perKey(inOrderOf(found.alerts, found.records)));
    }, 600_000);
  }

  it('a frozen service that wakes after its successor has delivered writes nothing', async () => {
    const [name, database] = ['frozen', await postgres.createDatabase()];
    const topics = { in: `${name}-in`, once: `${name}-once` };
    for (const topic of Object.values(topics)) await kafka.createTopic(topic, 1);
    const settings = {
      DATABASE_URL: database,
      KAFKA_BROKERS: kafka.brokers,
      TRIPLINE_CHECKPOINT_INTERVAL: '100ms',
      TRIPLINE_DEPLOYMENT: name,
    };
    const [frozen, successor] = [await Service.create(settings), await Service.create(settings)];
    await frozen.start();
    const client = new Client(frozen, () => Promise.resolve());
    await client.json('PUT', '/v1/sinks/once', { kafka: { topic: topics.once }, delivery: 'exactlyOnce' });
    await client.json('PUT', '/v1/streams/payments', { ...STREAM, quietAfter: '50ms', source: { kafka: { topic: topics.in } } });
    await client.json('PUT', '/v1/rules/each', { id: 'each', from: 'payments', key: 'card', pattern: [{ begin: 'a' }] });
    const producer = kafka.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    let sent = 0;
    const send = async (count: number): Promise<void> => {
      const messages = Array.from({ length: count }, () => ({
        value: JSON.stringify({ id: `e${++sent}`, ts: 1_700_000_000_000 + sent * 1_000, card: 'c' }),
      }));
      await producer.send({ topic: topics.in, messages });
    };
    const delivered = (service: Service) =>
      until(async () => {
        const answer = await fetch(service.url('/v1/sinks/once')).catch(() => undefined);
        return answer?.ok === true && ((await answer.json()) as { status: { cursor: number } }).status.cursor === sent;
      });
    await send(20);
    await delivered(frozen);
    await send(20);
    process.kill(frozen.pid, 'SIGSTOP');
    // As when its network is cut: the database lets the successor in.
    const admin = new pg.Client({ connectionString: database });
    await admin.connect();
    await admin.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    );
    await admin.end();
    await successor.start();
    await send(20);
    await delivered(successor);
    process.kill(frozen.pid, 'SIGCONT');
    await until(async () => !frozen.running);
    await send(20);
    await delivered(successor);
    await successor.kill();
    // As the broker does with the offsets of groups that nobody has used for 7 days.
    const groups = kafka.client.admin();
    await groups.connect();
    await groups.deleteGroups([`${name}/once/0`]);
    await groups.disconnect();
    await successor.start();
    await send(20);
    await delivered(successor);
    await successor.kill();
    await producer.disconnect();
    const ids = await committedIds(kafka.brokers, topics.once, 100);
    expect([ids.length, new Set(ids).size]).toEqual([100, 100]);
  }, 120_000);
});

/** The ids of the alerts that a topic holds for consumers that read committed: a commit is visible a moment after it was acknowledged. */
async function committedIds(brokers: string, topic: string, count: number): Promise<string[]> {
  for (const limit = Date.now() + 10_000; ; await delay(50)) {
    const source = new KafkaSource<string>({
      brokers: [brokers],
      topic,
      bounded: true,
      deserialize: ({ headers }) => String(headers?.['alert-id']),
    });
    const found = await StreamExecutionEnvironment.getExecutionEnvironment().fromSource(source).executeAndCollect();
    if (found.length >= count || Date.now() > limit) return found;
  }
}

/** First appearances of alerts, by key. */
function perKey(records: readonly SinkRecord[]): Record<string, string[]> {
  const ids: Record<string, Set<string>> = {};
  for (const { key, id } of records) (ids[key] ??= new Set()).add(id);
  return Object.fromEntries(
    Object.entries(ids)
      .map(([key, each]) => [key, [...each]])
      .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)),
  );
}

/** The records as the outbox has their alerts, which are listed newest first. */
function inOrderOf(alerts: readonly string[], records: readonly SinkRecord[]): SinkRecord[] {
  const keys = new Map(records.map(({ id, key }) => [id, key]));
  return [...alerts].reverse().map((id) => ({ id, key: keys.get(id) ?? '' }));
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (const limit = Date.now() + 60_000; !(await done()); await delay(50)) if (Date.now() > limit) throw new Error('waited in vain');
}
