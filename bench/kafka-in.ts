/**
 * From Kafka to the engine: how fast the whole service, one process with its embedded PostgreSQL, works off a topic of
 * four partitions with one keyed rule that rarely matches, beside kafkajs reading the same topic into nothing.
 * Needs a broker whose topics may be made.
 * Run: KAFKA_BROKERS=127.0.0.1:9092 node dist/bench/kafka-in.js [events=1000000]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import kafkajs from 'kafkajs';

const events = Number(process.argv[2] ?? 1_000_000);
const brokers = (process.env.KAFKA_BROKERS ?? '127.0.0.1:9092').split(',');
const topic = `bench-${Date.now()}`;
const client = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
const port = 20_000 + Math.floor(Math.random() * 20_000);
const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
const base = Date.now() - events;

/** About 170 bytes; the key decides the partition. */
function event(i: number): { partition: number; value: string } {
  const card = i % 10_000;
  const value = `{"id":"t${i}","ts":${base + i},"card":"c${card}","amount":${i % 600},"merchant":"merchant-${i % 977}","country":"DE","channel":"web","device":"device-${i % 5_000}","currency":"EUR","approved":true}`;
  return { partition: card % 4, value };
}

async function fill(): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 4 }] });
  await admin.disconnect();
  const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  for (let from = 0; from < events; from += 10_000) {
    const messages = Array.from({ length: Math.min(10_000, events - from) }, (_, i) => event(from + i));
    await producer.send({ topic, acks: 1, messages });
  }
  await producer.disconnect();
}

/** Events/s of kafkajs alone. */
async function intoNothing(): Promise<number> {
  const consumer = client.consumer({ groupId: topic, maxBytesPerPartition: 4 << 20, maxBytes: 16 << 20 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let started = 0;
  let read = 0;
  await new Promise<void>((resolve) => {
    void consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        started ||= performance.now();
        read += batch.messages.length;
        if (read >= events) resolve();
      },
    });
  });
  const seconds = (performance.now() - started) / 1000;
  await consumer.disconnect();
  return events / seconds;
}

async function put(path: string, document: unknown): Promise<void> {
  const body = JSON.stringify(document);
  const response = await fetch(url(path), { method: 'PUT', body, headers: { 'content-type': 'application/json' } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

async function health(): Promise<{ job: { streams: { nextOffset: number }[] } } | undefined> {
  const response = await fetch(url('/health/ready')).catch(() => undefined);
  return response?.ok ? ((await response.json()) as { job: { streams: { nextOffset: number }[] } }) : undefined;
}

/** Events/s from the stream's registration until the engine has worked all off. */
async function throughService(): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tripline-bench-'));
  const service = spawn(process.execPath, ['bin/tripline', 'serve'], {
    env: { PATH: process.env.PATH, PORT: String(port), TRIPLINE_DATA_DIR: dataDir, KAFKA_BROKERS: brokers.join(',') },
    stdio: 'ignore',
  });
  try {
    while ((await health()) === undefined) await delay(100);
    await put('/v1/streams/cards', { source: { kafka: { topic } }, time: { field: 'ts', format: 'epochMillis' } });
    const started = performance.now();
    await put('/v1/rules/rare', {
      id: 'rare',
      from: 'cards',
      key: 'card',
      pattern: [
        { begin: 'small', where: 'amount < 1 && merchant == "merchant-1"' },
        { followedBy: 'large', where: 'amount > 598' },
      ],
      within: '10m',
    });
    const before = await worked();
    for (let done = before; done < events; done = await worked()) await delay(50);
    return (events - before) / ((performance.now() - started) / 1000);
  } finally {
    service.kill('SIGTERM');
    await new Promise((resolve) => service.once('exit', resolve));
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function worked(): Promise<number> {
  return (await health())?.job.streams.reduce((sum, { nextOffset }) => sum + nextOffset, 0) ?? 0;
}

await fill();
console.log(`${events} events of ${event(1).value.length} bytes`);
const shown = (rate: number): string => Math.round(rate).toLocaleString('en');
console.log(`kafkajs into nothing: ${shown(await intoNothing())}/s`);
console.log(`the service, one rule: ${shown(await throughService())}/s`);
