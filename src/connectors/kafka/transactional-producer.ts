import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin, type Kafka, type Message, type Producer, type Transaction } from 'kafkajs';
import type { WriterPosition } from '../delivery/position.js';
import { kafkaClient, type KafkaSettings } from './connection.js';
import { TopicSession } from './topic-session.js';

export interface TopicRecord extends Message {
  readonly topic: string;
}

/**
 * Of one partition. A writer's position is the offset there of a consumer group of its id. Brokers forget the offsets of
 * groups that nobody uses, after 7 days by default: for that case the position is the last record of its id, too.
 */
const POSITIONS_TOPIC = '__tripline_positions';
const POSITIONS_CONFIG = { 'cleanup.policy': 'compact', 'segment.ms': '3600000', 'min.cleanable.dirty.ratio': '0.1' };
export const ACKS_OF_ALL = -1;
/** Of one send, well below the 1 MiB that a broker takes by default. */
const SEND_BYTES = 512 << 10;
/** Of key, value and headers, what a record takes besides. */
const RECORD_OVERHEAD_BYTES = 64;
/** After this time the broker aborts what a dead writer left open, if none has taken over before, ms. */
const TRANSACTION_TIMEOUT_MS = 60_000;
/** How long an earlier transaction may take to be ended, ms. */
const ENDING_LIMIT_MS = 30_000;
const ENDING_PAUSE_MS = 20;
const FETCH_WAIT_MS = 100;

/**
 * One life of a producer with a transactional id, which writes records and its position in one transaction. Of good
 * use until its first failure: kafkajs rolls sequence numbers back when a send fails, so that another send could be
 * taken for a repetition and dropped, and a commit that fails may have succeeded. Only a new producer, which ends
 * whatever this one left open, can then read what became of it.
 */
export class TransactionalProducer {
  private constructor(
    private readonly id: string,
    private readonly producer: Producer,
    /** Nothing of it is known to the broker before the first record. */
    private transaction: Transaction,
    /** Undefined when the id has never committed one. */
    readonly position: WriterPosition | undefined,
  ) {}

  /** Shuts out every earlier producer of the id, ends its open transaction, and only then reads the position. */
  static async takeOver(settings: KafkaSettings, id: string): Promise<TransactionalProducer> {
    const kafka = kafkaClient(settings);
    const producer = kafka.producer({
      transactionalId: id,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: { retries: 0 },
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    try {
      await producer.connect();
      const transaction = await whileEnding(() => producer.transaction());
      return new TransactionalProducer(
        id,
        producer,
        transaction,
        (await committedPosition(kafka, id)) ?? (await notedPosition(settings, id)),
      );
    } catch (error) {
      await producer.disconnect().catch(() => {});
      throw error;
    }
  }

  /** All records and the position, or nothing. When it rejects, nobody knows which: take over and read the position. */
  async commit(records: readonly TopicRecord[], { number, incarnation, writer }: WriterPosition): Promise<void> {
    const metadata = `${writer} ${incarnation}`;
    await this.#begin({ key: this.id, value: `${number} ${metadata}`, partition: 0 });
    for (const [topic, messages] of sends(records)) await this.transaction.send({ topic, acks: ACKS_OF_ALL, messages });
    // The types do not know the metadata; the request does.
    const partition = { partition: 0, offset: String(number), metadata };
    await this.transaction.sendOffsets({ consumerGroupId: this.id, topics: [{ topic: POSITIONS_TOPIC, partitions: [partition] }] });
    await this.transaction.commit();
    this.transaction = await this.producer.transaction();
  }

  /** The broker may still be writing the end of the transaction before. Of one record for one partition nothing is sent then. */
  #begin(note: Message): Promise<unknown> {
    return whileEnding(() => this.transaction.send({ topic: POSITIONS_TOPIC, acks: ACKS_OF_ALL, messages: [note] }));
  }

  async close(): Promise<void> {
    await this.producer.disconnect().catch(() => {});
  }
}

/** Tries again while the broker is ending an earlier transaction of the id. */
async function whileEnding<T>(attempt: () => Promise<T>): Promise<T> {
  for (const limit = Date.now() + ENDING_LIMIT_MS; ; await delay(ENDING_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!hasType(error, 'CONCURRENT_TRANSACTIONS') || Date.now() > limit) throw error;
    }
  }
}

async function committedPosition(kafka: Kafka, id: string): Promise<WriterPosition | undefined> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await ensureTopic(admin);
    const [{ partitions }] = await admin.fetchOffsets({ groupId: id, topics: [POSITIONS_TOPIC] });
    const [{ offset, metadata }] = partitions;
    return Number(offset) < 0 ? undefined : positionOf(Number(offset), metadata ?? '');
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

/** The last record of the id that was committed. */
async function notedPosition(settings: KafkaSettings, id: string): Promise<WriterPosition | undefined> {
  const session = await TopicSession.open(settings, POSITIONS_TOPIC);
  try {
    const [[node]] = session.leaders();
    let last: string | undefined;
    let offset = (await session.offsets('earliest')).get(0) ?? 0;
    // Records behind another writer's open transaction are seen once that has ended.
    for (let end = Infinity; offset < end; ) {
      const [fetched] = await session.fetch(node, [{ partition: 0, offset }], FETCH_WAIT_MS);
      for (const { key, value } of fetched.messages) if (String(key) === id) last = String(value);
      offset = fetched.nextOffset;
      end = Math.min(end, fetched.highWatermark);
    }
    if (last === undefined) return undefined;
    const [, number, metadata] = /^(\d+) (.*)$/.exec(last) as RegExpExecArray;
    return positionOf(Number(number), metadata);
  } finally {
    await session.close();
  }
}

function positionOf(number: number, metadata: string): WriterPosition {
  const [writer, ...incarnation] = metadata.split(' ');
  return { number, incarnation: incarnation.join(' '), writer };
}

async function ensureTopic(admin: Admin): Promise<void> {
  if ((await admin.listTopics()).includes(POSITIONS_TOPIC)) return;
  const configEntries = Object.entries(POSITIONS_CONFIG).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic: POSITIONS_TOPIC, numPartitions: 1, configEntries }] });
}

/** In order, cut where the topic changes or a send would become too large. */
export function* sends(records: readonly TopicRecord[]): Iterable<[topic: string, messages: Message[]]> {
  let messages: Message[] = [];
  let bytes = 0;
  for (const [at, { topic, ...message }] of records.entries()) {
    messages.push(asMessage(message));
    bytes += sizeOf(message);
    if (bytes < SEND_BYTES && records[at + 1]?.topic === topic) continue;
    yield [topic, messages];
    messages = [];
    bytes = 0;
  }
}

/** Bytes that come from a checkpoint are no Buffers. */
function asMessage(record: Message): Message {
  const bytes = <T>(data: T): T | Buffer => (data instanceof Uint8Array ? Buffer.from(data.buffer, data.byteOffset, data.length) : data);
  return { ...record, key: bytes(record.key), value: bytes(record.value) };
}

function sizeOf({ key, value }: Message): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + RECORD_OVERHEAD_BYTES;
}

/** Whether an error, or what it was caused by, is the broker's of that name. */
function hasType(error: unknown, type: string): boolean {
  for (let each = error as { type?: string; cause?: unknown } | undefined; each != null; each = each.cause as typeof each) {
    if (each.type === type) return true;
  }
  return false;
}
