import { Partitioners } from 'kafkajs';
import { describeWithKafka, startTestKafka, type TestKafka } from '../support/kafka.js';
import { type DeadLetterView, Rig, until } from './support.js';

const T0 = 1_767_225_600_000;

interface Health {
  readonly status: string;
  readonly job: { readonly stalls: readonly { readonly stream: string; readonly waiting: readonly string[] }[] };
  readonly sources: readonly { readonly stream: string; readonly state: string; readonly reason: string | null; readonly lost: number }[];
}

const event = (id: string, second: number, more: object = {}) => JSON.stringify({ id, ts: T0 + second * 1000, card: 'c1', ...more });

/** Every event is an alert: what came in is what comes out. */
const echo = (stream: string, more: object = {}) => ({
  id: `echo-${stream}`,
  from: stream,
  key: 'card',
  pattern: [{ begin: 'seen', where: 'true' }],
  alert: { title: '${seen.id}' },
  ...more,
});

const stream = (topic: string, more: object = {}, kafka: object = {}) => ({
  source: { kafka: { topic, ...kafka } },
  time: { field: 'ts', format: 'epochMillis' },
  outOfOrderness: '0s',
  idleAfter: '100ms',
  quietAfter: 'never',
  ...more,
});

describeWithKafka('Kafka in', () => {
  let kafka: TestKafka;
  let rig: Rig;

  beforeAll(async () => {
    kafka = await startTestKafka();
    rig = await Rig.start({ KAFKA_BROKERS: kafka.brokers, TRIPLINE_CHECKPOINT_INTERVAL: '200ms', TRIPLINE_STALL_AFTER: '1s' });
  }, 120_000);

  afterAll(async () => {
    await rig?.stop();
    await kafka?.stop();
  });

  async function produce(topic: string, messages: readonly { value: string | null; [part: string]: unknown }[]): Promise<void> {
    const producer = kafka.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic, messages: messages as { value: string | null }[] });
    await producer.disconnect();
  }

  async function titles(name: string, count: number): Promise<string[]> {
    return (await rig.alertsOf(`echo-${name}`, count)).map(({ title }) => title);
  }

  it('reads topics as they are compressed: gzip, lz4, snappy, zstd', async () => {
    for (const codec of ['uncompressed', 'gzip', 'lz4', 'snappy', 'zstd']) {
      await kafka.createTopic(codec, 1, { 'compression.type': codec });
      await produce(
        codec,
        Array.from({ length: 50 }, (_, number) => ({ value: event(`${codec}-${number}`, number) })),
      );
      await rig.put(`/v1/streams/${codec}`, stream(codec));
      await rig.put(`/v1/rules/echo-${codec}`, echo(codec));
      await produce(codec, [{ value: event(`${codec}-last`, 100) }]);
      // The rule sees what is released after its registration: of the first records some, all, or none.
      const last = (found: readonly { title: string }[]) => found.some(({ title }) => title === `${codec}-last`);
      await until(() => rig.alerts(`rule=echo-${codec}`), last);
    }
  }, 60_000);

  it('begins where the stream says', async () => {
    await kafka.createTopic('starts', 1);
    await produce(
      'starts',
      [1, 2, 3].map((second) => ({ value: event(`old-${second}`, second), timestamp: String(T0 + second * 1000) })),
    );
    const begins = { early: 'earliest', late: 'latest', timed: T0 + 2_000 };
    for (const [name, start] of Object.entries(begins)) await rig.put(`/v1/streams/${name}`, stream('starts', {}, { start }));
    const read = async (name: string) =>
      (
        await rig.ask<{ job: { streams: { stream: string; nextOffset: number; events: number }[] } }>('GET', '/health/ready')
      ).body.job.streams.find((each) => each.stream === name);
    for (const [name, events] of [
      ['early', 3],
      ['late', 0],
      ['timed', 2],
    ] as const) {
      expect(
        await until(
          () => read(name),
          (found) => found?.nextOffset === 3,
        ),
      ).toMatchObject({ events });
    }
  });

  it('takes key and headers as fields, passes tombstones, and names what it cannot use', async () => {
    await kafka.createTopic('records', 1);
    await rig.put('/v1/streams/records', stream('records', {}, { include: ['key', 'headers'] }));
    await rig.put(
      '/v1/rules/echo-records',
      echo('records', {
        pattern: [{ begin: 'seen', where: 'event["$key"] == "k1" && event["$headers"].source == "till"' }],
      }),
    );
    await produce('records', [
      { value: event('forged', 1, { $key: 'k1' }), key: 'other', headers: { source: 'till' } },
      { value: null, key: 'k1' },
      { value: '{"broken', key: 'k1' },
      { value: '[1]', key: 'k1' },
      { value: event('future', 2_000_000_000), key: 'k1' },
      { value: '{"id": "timeless"}', key: 'k1' },
      { value: event('good', 2), key: 'k1', headers: { source: 'till' } },
    ]);
    expect(await titles('records', 1)).toEqual(['good']);
    const letters = await until(
      () => rig.deadLetters('stream=records'),
      (found) => found.length >= 4,
    );
    expect(letters.map(({ offset, code }: DeadLetterView) => [offset, code]).sort()).toEqual([
      [2, 'invalid-json'],
      [3, 'event-not-object'],
      [4, 'far-future'],
      [5, 'missing-time'],
    ]);
  });

  it('says what a document gets wrong', async () => {
    const wrong = await rig.json<{ errors: { code: string }[] }>('PUT', '/v1/streams/nothing', stream('no-such-topic'));
    expect([wrong.status, wrong.body.errors.map(({ code }) => code)]).toEqual([422, ['unknown-topic']]);
    const moved = await rig.json<{ errors: { code: string }[] }>('PUT', '/v1/streams/records', stream('starts'));
    expect([moved.status, moved.body.errors.map(({ code }) => code)]).toEqual([422, ['source-changed']]);
    const posted = await rig.send('records', [{ id: 'x' }]);
    expect([posted.status, (posted.body as unknown as { code: string }).code]).toEqual([409, 'stream-not-http']);
  });

  it('passes aborted transactions', async () => {
    await kafka.createTopic('transactions', 1);
    await rig.put('/v1/streams/transactions', stream('transactions'));
    await rig.put('/v1/rules/echo-transactions', echo('transactions'));
    const producer = kafka.client.producer({
      transactionalId: 'test',
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    for (const [id, end] of [
      ['kept-1', 'commit'],
      ['dropped', 'abort'],
      ['kept-2', 'commit'],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: 'transactions', messages: [{ value: event(id, 10) }] });
      await transaction[end]();
    }
    await producer.disconnect();
    expect(await titles('transactions', 2)).toEqual(['kept-1', 'kept-2']);
    // Caught up: the markers count as read, so the partition may step aside.
    const status = async () =>
      (await rig.ask<{ job: { streams: { stream: string; nextOffset: number; endOffset: number }[] } }>('GET', '/health/ready')).body;
    await until(status, ({ job }) =>
      job.streams.some((each) => each.stream === 'transactions' && each.nextOffset === 6 && each.endOffset === 6),
    );
  }, 60_000);

  it('reads partitions that are added', async () => {
    await kafka.createTopic('growing', 1);
    await rig.put('/v1/streams/growing', stream('growing'));
    await rig.put('/v1/rules/echo-growing', echo('growing'));
    await produce('growing', [{ value: event('first', 1), partition: 0 }]);
    await titles('growing', 1);
    const admin = kafka.client.admin();
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic: 'growing', count: 3 }] });
    await admin.disconnect();
    await produce('growing', [{ value: event('second', 2), partition: 2 }]);
    expect((await titles('growing', 2)).sort()).toEqual(['first', 'second']);
  }, 60_000);

  it('tells what retention took, and goes on', async () => {
    await kafka.createTopic('retained', 1);
    await rig.put('/v1/streams/retained', stream('retained'));
    await rig.put('/v1/rules/echo-retained', echo('retained'));
    await produce('retained', [{ value: event('seen', 1) }]);
    await titles('retained', 1);
    await rig.service.stop();
    await produce(
      'retained',
      [2, 3, 4].map((second) => ({ value: event(`lost-${second}`, second) })),
    );
    const admin = kafka.client.admin();
    await admin.connect();
    // It loads the topic's metadata, which the next call needs.
    await admin.fetchTopicOffsets('retained');
    await admin.deleteTopicRecords({ topic: 'retained', partitions: [{ partition: 0, offset: '4' }] });
    await admin.disconnect();
    await produce('retained', [{ value: event('after', 5) }]);
    await rig.service.start();
    expect(await titles('retained', 2)).toEqual(['seen', 'after']);
    const [letter] = await until(
      () => rig.deadLetters('stream=retained'),
      (found) => found.length > 0,
    );
    expect(letter).toMatchObject({ code: 'events-lost', offset: 1 });
    const health = (await rig.ask<Health>('GET', '/health/ready')).body;
    expect(health.sources.find((each) => each.stream === 'retained')).toMatchObject({ state: 'connected', lost: 3 });
  }, 60_000);

  it('is waited for while it is away, or not, as each rule says', async () => {
    if (kafka.kill === undefined || kafka.start === undefined) return;
    await kafka.createTopic('stalls', 1);
    await rig.put('/v1/streams/stalls', stream('stalls', { idleAfter: 'never' }));
    await rig.put('/v1/streams/till', { time: { field: 'ts', format: 'epochMillis' }, idleAfter: 'never', quietAfter: 'never' });
    for (const onStall of ['wait', 'continue'])
      await rig.put(`/v1/rules/echo-${onStall}`, echo(onStall, { from: ['stalls', 'till'], onStall }));
    await produce('stalls', [{ value: event('topic-1', 1) }]);
    await rig.send('till', [event('till-2', 2), event('till-5', 5)]);
    await titles('continue', 1);
    await kafka.kill();
    expect(await titles('continue', 3)).toEqual(['topic-1', 'till-2', 'till-5']);
    expect(await titles('wait', 1)).toEqual(['topic-1']);
    const health = (await rig.ask<Health>('GET', '/health/ready')).body;
    expect(health.job.stalls.find((each) => each.stream === 'stalls')).toMatchObject({
      partition: 0,
      waiting: ['echo-wait'],
      continuing: ['echo-continue'],
    });
    expect((await rig.ask<{ stalled: string[] }>('GET', '/v1/rules/echo-wait/stats')).body.stalled).toEqual(['stalls/0']);
    await rig.service.kill();
    await kafka.start();
    await rig.service.start();
    await produce('stalls', [{ value: event('topic-3', 3) }, { value: event('topic-7', 7) }]);
    expect(await titles('wait', 4)).toEqual(['topic-1', 'till-2', 'topic-3', 'till-5']);
    const letters = await until(
      () => rig.deadLetters('stream=stalls'),
      (found) => found.length > 0,
    );
    expect(letters).toMatchObject([{ code: 'late-event', cause: 'stall', offset: 1 }]);
    await rig.send('till', [event('till-8', 8)]);
    expect(await titles('continue', 4)).toEqual(['topic-1', 'till-2', 'till-5', 'topic-7']);
  }, 120_000);

  it('stays up while the broker is away, at the start too, and catches up', async () => {
    if (kafka.kill === undefined || kafka.start === undefined) return;
    await kafka.createTopic('away', 2);
    await rig.put('/v1/streams/away', stream('away'));
    await rig.put('/v1/rules/echo-away', echo('away'));
    await produce('away', [{ value: event('before', 1), partition: 0 }]);
    await titles('away', 1);
    await kafka.kill();
    const health = async () => (await rig.ask<Health>('GET', '/health/ready')).body;
    const named = (found: Health) =>
      found.sources?.some((each) => each.stream === 'away' && each.state === 'unreachable' && each.reason !== null);
    expect((await until(health, (found) => named(found) === true)).status).toBe('degraded');
    await rig.service.kill();
    await rig.service.start({}, '/health/live');
    await until(health, (found) => named(found) === true);
    await kafka.start();
    await produce('away', [{ value: event('after', 2), partition: 1 }]);
    expect((await titles('away', 2)).sort()).toEqual(['after', 'before']);
    await until(health, (found) => found.status === 'ready');
  }, 120_000);
});
