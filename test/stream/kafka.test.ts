import { setTimeout as delay } from 'node:timers/promises';
import { Partitioners } from 'kafkajs';
import { type CommitContext, ForeignWriterError, KafkaSink, KafkaSource, StreamExecutionEnvironment, WatermarkStrategy } from 'tripline';
import { ExactlyOnceAlertSink } from '../../src/connectors/kafka/exactly-once-alert-sink.js';
import type { OutboxRow } from '../../src/runtime/ports/stores.js';
import { describeWithKafka, startTestKafka, type TestKafka } from '../support/kafka.js';

interface Item {
  readonly k: string;
  readonly v: number;
}

describeWithKafka('Kafka in stream programs', () => {
  let kafka: TestKafka;

  beforeAll(async () => {
    kafka = await startTestKafka();
  }, 120_000);

  afterAll(() => kafka?.stop());

  /** The committed values of a topic; a commit is visible a moment after it was acknowledged. */
  async function committed(topic: string, count: number): Promise<string[]> {
    for (const limit = Date.now() + 10_000; ; await delay(20)) {
      const found = await committedNow(topic);
      if (found.length >= count || Date.now() > limit) return found;
    }
  }

  const committedNow = (topic: string): Promise<string[]> => {
    const source = new KafkaSource<string>({
      brokers: [kafka.brokers],
      topic,
      bounded: true,
      deserialize: ({ value }) => Buffer.from(value ?? []).toString(),
    });
    return StreamExecutionEnvironment.getExecutionEnvironment().fromSource(source).executeAndCollect();
  };

  const sinkOf = (topic: string, transactionalIdPrefix = topic) =>
    new KafkaSink<Item>({ brokers: [kafka.brokers], topic, key: ({ k }) => k, deliveryGuarantee: 'exactlyOnce', transactionalIdPrefix });

  /** A writer of a program that starts afresh, and the committer. */
  async function opened(sink: KafkaSink<Item>, restored?: { checkpoint: number; state: readonly string[] }) {
    const writer = sink.createWriter();
    const context = { subtask: 0, parallelism: 1, restoredCheckpointId: restored?.checkpoint, restoredState: restored?.state ?? [] };
    await writer.open?.(context);
    const committer = sink.createCommitter!();
    const prepare = (...values: number[]) => {
      for (const v of values) writer.write({ k: 'a', v }, v);
      return writer.prepareCommit!();
    };
    return { writer, committer, prepare, state: () => writer.snapshotState!(0), close: () => committer.close!() };
  }

  /** As the broker does with the offsets of groups that nobody has used for long. */
  async function forget(group: string): Promise<void> {
    const admin = kafka.client.admin();
    await admin.connect();
    await admin.deleteGroups([group]);
    await admin.disconnect();
  }

  const at = (checkpointId: number, restored = false): CommitContext => ({ checkpointId, restored });
  const values = (rows: readonly string[]) => rows.map((row) => (JSON.parse(row) as Item).v);

  it('a topic is read to its end, keys, headers, times and all, and written as Java would partition it', async () => {
    await kafka.createTopic('in', 3);
    await kafka.createTopic('out', 3);
    const producer = kafka.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const items = Array.from({ length: 300 }, (_, v) => ({ k: `k${v % 7}`, v }));
    await producer.send({
      topic: 'in',
      messages: items.map((item) => ({ key: item.k, value: JSON.stringify(item), timestamp: String(1_000 + item.v), headers: { h: 'x' } })),
    });
    await producer.send({ topic: 'in', messages: [{ key: 'k0', value: null }] });
    await producer.disconnect();
    const env = StreamExecutionEnvironment.createLocalEnvironment(2);
    const source = KafkaSource.json<Item>({ brokers: [kafka.brokers], topic: 'in', bounded: true });
    const sink = new KafkaSink<Item>({ brokers: [kafka.brokers], topic: 'out', key: ({ k }) => k, headers: () => ({ h: 'y' }) });
    env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps<Item>()).sinkTo(sink);
    await env.execute();
    const read = (topic: string) =>
      StreamExecutionEnvironment.getExecutionEnvironment()
        .fromSource(
          new KafkaSource<string>({
            brokers: [kafka.brokers],
            topic,
            bounded: true,
            deserialize: ({ partition, timestamp, key, value, headers }) =>
              value === null ? undefined : `${partition} ${timestamp} ${String(key)} ${String(value)} ${Object.keys(headers ?? {}).join()}`,
          }),
        )
        .executeAndCollect();
    const [before, after] = [await read('in'), await read('out')];
    expect(before).toHaveLength(300);
    expect(after.toSorted()).toEqual(before.toSorted());
  });

  it('a record that cannot be read, and offsets that are gone, are told with their places', async () => {
    await kafka.createTopic('poison', 1);
    const producer = kafka.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic: 'poison', messages: [{ value: '{}' }, { value: '{' }] });
    await producer.disconnect();
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const source = KafkaSource.json<Item>({ brokers: [kafka.brokers], topic: 'poison', bounded: true });
    await expect(env.fromSource(source).executeAndCollect()).rejects.toThrow(
      'the record at offset 1 of poison, partition 0, cannot be read',
    );
    const reader = KafkaSource.json<Item>({ brokers: [kafka.brokers], topic: 'poison' }).createReader();
    await reader.open?.(0, 1, [{ splitId: 'poison-0', position: 9 }]);
    await expect(reader.poll()).rejects.toThrow('partition 0 holds offsets 0 to 2, and 9 is to be read next');
    await reader.close?.();
  });

  it('a committed checkpoint is not written again, whether its outcome is known, in doubt, or restored', async () => {
    await kafka.createTopic('eos', 1);
    const first = await opened(sinkOf('eos'));
    const state = await first.state();
    await first.committer.commit(await first.prepare(1, 2), at(1));
    const second = await first.prepare(3);
    await first.committer.commit(second, at(2));
    await first.close();
    const next = await opened(sinkOf('eos'), { checkpoint: 2, state });
    await next.committer.commit(second, at(2, true));
    await forget('eos-0');
    const third = await next.prepare(4);
    await next.close();
    const last = await opened(sinkOf('eos'), { checkpoint: 3, state });
    await last.committer.commit(third, at(3, true));
    await last.close();
    await forget('eos-0');
    const later = await opened(sinkOf('eos'), { checkpoint: 3, state });
    await later.committer.commit(third, at(3, true));
    await later.committer.commit(await later.prepare(5), at(4));
    await later.close();
    expect(values(await committed('eos', 5))).toEqual([1, 2, 3, 4, 5]);
  });

  it('a writer that was replaced writes nothing, and does not harm the one that replaced it', async () => {
    await kafka.createTopic('zombie', 1);
    const zombie = await opened(sinkOf('zombie'));
    const state = await zombie.state();
    await zombie.committer.commit(await zombie.prepare(1), at(1));
    const successor = await opened(sinkOf('zombie'), { checkpoint: 1, state });
    await successor.committer.commit(await successor.prepare(2), at(2));
    await expect(zombie.committer.commit(await zombie.prepare(20), at(2))).rejects.toThrow(ForeignWriterError);
    await successor.committer.commit(await successor.prepare(3), at(3));
    await Promise.all([zombie.close(), successor.close()]);
    expect(values(await committed('zombie', 3))).toEqual([1, 2, 3]);
  });

  it('topics ahead of the program, or of another one, stop it', async () => {
    await kafka.createTopic('ahead', 1);
    const first = await opened(sinkOf('ahead'));
    const state = await first.state();
    await first.committer.commit(await first.prepare(1), at(5));
    await first.close();
    const old = await opened(sinkOf('ahead'), { checkpoint: 2, state });
    await expect(old.committer.commit(await old.prepare(2), at(3))).rejects.toThrow('ahead of the program: checkpoint 5');
    const fresh = await opened(sinkOf('ahead'));
    await fresh.committer.commit(await fresh.prepare(9), at(1));
    await expect(old.committer.commit(await old.prepare(2), at(6))).rejects.toThrow(ForeignWriterError);
    await Promise.all([old.close(), fresh.close()]);
    expect(values(await committed('ahead', 2))).toEqual([1, 9]);
  });

  it("alerts: what the topic has is left out, and another database's or an older copy's outbox stops the sink", async () => {
    await kafka.createTopic('alerts', 1);
    const json = Buffer.from('{}');
    const row = (number: number): OutboxRow => ({
      number,
      detectedAt: 0,
      alert: {
        id: `a${number}`,
        rule: 'r',
        ruleVersion: 1,
        severity: 'high',
        kind: 'match',
        key: '"c"',
        shadow: false,
        body: json,
        explanation: json,
      },
    });
    const sink = (incarnation: string, lastNumber: number) =>
      new ExactlyOnceAlertSink({ brokers: [kafka.brokers], tls: false }, 'alerts', 'test/alerts/0', { incarnation, lastNumber });
    const first = sink('db', 0);
    await first.write([row(1), row(2)], 2);
    await first.write([row(2), row(3)], 4);
    const restarted = sink('db', 4);
    await restarted.write([row(3), row(5)], 5);
    for (const stopped of [sink('db', 4), sink('another', 9)])
      await expect(stopped.write([row(9)], 9)).rejects.toMatchObject({ more: { stopped: true } });
    expect(await committed('alerts', 4)).toHaveLength(4);
    await Promise.all([first.close(), restarted.close()]);
  });

  it('a broker that dies in between is waited for', async () => {
    if (kafka.kill === undefined || kafka.start === undefined) return;
    await kafka.createTopic('killed', 1);
    const writer = await opened(sinkOf('killed'));
    await writer.committer.commit(await writer.prepare(1), at(1));
    await kafka.kill();
    const commit = writer.committer.commit(await writer.prepare(2, 3), at(2));
    await delay(100);
    await kafka.start();
    await commit;
    await writer.close();
    expect(values(await committed('killed', 3))).toEqual([1, 2, 3]);
  }, 120_000);
});
