import type { KafkaMessage } from 'kafkajs';
import type { SourceReader, SourceRecord, SourceSplit } from '../../../engine/stream/functions/source.js';
import { SuppressRestartsError } from '../../../engine/stream/functions/suppress-restarts.js';
import type { KafkaSettings } from '../connection.js';
import { retrying } from '../../delivery/retrying.js';
import { type Fetched, TopicSession } from '../topic-session.js';
import type { KafkaSourceOptions } from './kafka-source.js';

/** How long a fetch waits for the first record, ms. */
const MAX_WAIT_MS = 100;
const DISCOVERY_MS = 10_000;
const RETRY_TIMEOUT_MS = 120_000;

/** A record that `deserialize` cannot read; its `cause` is what that threw. */
export class DeserializationError extends Error {}

/** The broker does not hold what is to be read next. */
export class OffsetOutOfRangeError extends SuppressRestartsError {}

/** One subtask's partitions: those whose number, divided by the parallelism, leaves the subtask's. */
export class KafkaSourceReader<T> implements SourceReader<T> {
  /** The next offset of each partition of its own. */
  readonly #positions = new Map<number, number>();
  /** Of a bounded source: where partitions end. */
  #ends: ReadonlyMap<number, number> | undefined;
  #session: TopicSession | undefined;
  #discovered = 0;
  #closed = false;
  #isMine: (partition: number) => boolean = () => true;

  constructor(
    private readonly settings: KafkaSettings,
    private readonly options: KafkaSourceOptions<T>,
  ) {}

  async open(subtask: number, parallelism: number, splits?: readonly SourceSplit[]): Promise<void> {
    this.#isMine = (partition) => partition % parallelism === subtask;
    const { start = 'earliest', bounded = false } = this.options;
    await this.#retrying(async (session) => {
      if (bounded) this.#ends = await session.offsets('latest');
      for (const { splitId, position } of splits ?? []) this.#add(partitionOf(splitId), position as number);
      // A partition that no reader had at the checkpoint is new: it is read from its first record.
      for (const [partition, offset] of await session.offsets(splits === undefined ? start : 'earliest')) this.#add(partition, offset);
    });
  }

  async poll(): Promise<readonly SourceRecord<T>[] | undefined> {
    while (!this.#closed) {
      const wanted = this.#unread();
      if (wanted.length === 0 && this.#ends !== undefined) return undefined;
      const fetched = await this.#retrying((session) => this.#fetch(session, new Map(wanted)));
      const records = fetched.flatMap((each) => this.#take(each));
      if (records.length > 0) return records;
    }
    return undefined;
  }

  snapshotState(): readonly SourceSplit[] {
    return [...this.#positions].map(([partition, position]) => ({ splitId: this.#splitId(partition), position }));
  }

  activeSplits(): readonly string[] {
    return this.#unread().map(([partition]) => this.#splitId(partition));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#session?.close();
  }

  #add(partition: number, offset: number): void {
    if (this.#isMine(partition) && !this.#positions.has(partition)) this.#positions.set(partition, offset);
  }

  /** Partitions that are not at their end, with their positions. */
  #unread(): [partition: number, next: number][] {
    return [...this.#positions].filter(([partition, next]) => next < (this.#ends?.get(partition) ?? Infinity));
  }

  /** One fetch from each leader at once. */
  async #fetch(session: TopicSession, wanted: ReadonlyMap<number, number>): Promise<Fetched[]> {
    await this.#discover(session);
    const fetches = [...session.leaders()].map(async ([node, led]) => {
      const positions = led.flatMap((partition) => {
        const offset = wanted.get(partition);
        return offset === undefined ? [] : [{ partition, offset }];
      });
      return positions.length === 0 ? [] : session.fetch(node, positions, MAX_WAIT_MS);
    });
    try {
      return (await Promise.all(fetches)).flat();
    } catch (error) {
      throw isOutOfRange(error) ? await this.#outOfRange(session) : error;
    }
  }

  #take({ partition, messages, nextOffset }: Fetched): SourceRecord<T>[] {
    const end = this.#ends?.get(partition) ?? Infinity;
    this.#positions.set(partition, Math.min(nextOffset, end));
    return messages.filter(({ offset }) => Number(offset) < end).flatMap((message) => this.#asRecord(partition, message));
  }

  #asRecord(partition: number, message: KafkaMessage): SourceRecord<T>[] {
    const timestamp = Number(message.timestamp);
    const element = this.#deserialized(partition, message, timestamp);
    return element === undefined ? [] : [{ value: element, timestamp, split: this.#splitId(partition) }];
  }

  #deserialized(partition: number, { offset, key, value, headers }: KafkaMessage, timestamp: number): T | undefined {
    const { topic, deserialize } = this.options;
    try {
      return deserialize({ topic, partition, offset: Number(offset), timestamp, key, value, headers });
    } catch (error) {
      const message = `the record at offset ${offset} of ${topic}, partition ${partition}, cannot be read: ${(error as Error).message}`;
      throw new DeserializationError(message, { cause: error });
    }
  }

  async #discover(session: TopicSession): Promise<void> {
    const { partitionDiscoveryInterval = DISCOVERY_MS } = this.options;
    if (this.#ends !== undefined || Date.now() < this.#discovered + partitionDiscoveryInterval) return;
    this.#discovered = Date.now();
    await session.refresh();
    if (session.partitions().every((partition) => !this.#isMine(partition) || this.#positions.has(partition))) return;
    for (const [partition, offset] of await session.offsets('earliest')) this.#add(partition, offset);
  }

  async #outOfRange(session: TopicSession): Promise<Error> {
    const [starts, ends] = [await session.offsets('earliest'), await session.offsets('latest')];
    const lost = [...this.#positions].flatMap(([partition, next]) => {
      const [start = 0, end = 0] = [starts.get(partition), ends.get(partition)];
      return next < start || next > end ? [`partition ${partition} holds offsets ${start} to ${end}, and ${next} is to be read next`] : [];
    });
    return new OffsetOutOfRangeError(`topic ${this.options.topic}: ${lost.join('; ')}`);
  }

  #retrying<R>(attempt: (session: TopicSession) => Promise<R>): Promise<R> {
    const { topic, retryTimeout = RETRY_TIMEOUT_MS } = this.options;
    return retrying(
      retryTimeout,
      async () => {
        this.#session ??= await TopicSession.open(this.settings, topic);
        return attempt(this.#session);
      },
      async () => {
        const session = this.#session;
        this.#session = undefined;
        await session?.close();
      },
      (error) => this.#closed || error instanceof OffsetOutOfRangeError || isUnknownTopic(error),
    );
  }

  #splitId(partition: number): string {
    return `${this.options.topic}-${partition}`;
  }
}

function partitionOf(splitId: string): number {
  return Number(splitId.slice(splitId.lastIndexOf('-') + 1));
}

function isOutOfRange(error: unknown): boolean {
  return (error as { type?: string }).type === 'OFFSET_OUT_OF_RANGE' || (error as Error).name === 'KafkaJSOffsetOutOfRange';
}

function isUnknownTopic(error: unknown): boolean {
  return (error as { type?: string }).type === 'UNKNOWN_TOPIC_OR_PARTITION';
}
