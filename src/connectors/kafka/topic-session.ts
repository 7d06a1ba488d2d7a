import type { KafkaMessage } from 'kafkajs';
import Cluster from 'kafkajs/src/cluster/index.js';
import filterAbortedMessages from 'kafkajs/src/consumer/filterAbortedMessages.js';
import loggers from 'kafkajs/src/loggers/index.js';
import createSocketFactory from 'kafkajs/src/network/socketFactory.js';
import type { FetchedMessage, FetchResponse } from './fetch-response.js';
import { type KafkaSettings, kafkaConfig } from './connection.js';

const READ_COMMITTED = 1;
const EARLIEST = -2;
const LATEST = -1;
/** Of one partition in one fetch: large enough to be quick, small enough that decoding does not hold up the thread. */
const PARTITION_BYTES = 1 << 20;
const FETCH_BYTES = 8 << 20;

export interface FetchPosition {
  readonly partition: number;
  readonly offset: number;
}

/** What one fetch brought of a partition. */
export interface Fetched {
  readonly partition: number;
  /** By offset; neither control records nor those of aborted transactions. */
  readonly messages: readonly KafkaMessage[];
  /** Where the next fetch goes on. */
  readonly nextOffset: number;
  /** The offset that the next committed record will get. */
  readonly endOffset: number;
  /** The offset that the next record will get: beyond the end while transactions are open. */
  readonly highWatermark: number;
}

/**
 * One connection to the brokers of a topic, for readers that keep their own positions. It stands on kafkajs's inner
 * cluster and broker classes, not on its consumer: a job that owns all partitions gains nothing from a consumer group,
 * and the group costs what exactness needs. It rebalances without waiting for us, resets an offset that is out of
 * range by itself, starves its heartbeat during long work, hides empty fetches and so the end offset, and a process
 * killed and started again waits for the old member's session to run out. Here a fetch names its offset, and that is
 * all. A session that fails is closed, and its owner opens another.
 */
export class TopicSession {
  private constructor(
    readonly topic: string,
    readonly cluster: Cluster,
  ) {}

  /** Connects and learns the topic's partitions. Rejects when no broker answers or there is no such topic. */
  static async open(settings: KafkaSettings, topic: string): Promise<TopicSession> {
    const { logLevel: level, logCreator, ...config } = kafkaConfig(settings);
    const cluster = new Cluster({
      ...config,
      logger: loggers.createLogger({ level, logCreator }),
      socketFactory: createSocketFactory(),
      enforceRequestTimeout: true,
      allowAutoTopicCreation: false,
      metadataMaxAge: 300_000,
      maxInFlightRequests: null,
      isolationLevel: READ_COMMITTED,
    });
    try {
      await cluster.connect();
      await cluster.addMultipleTargetTopics([topic]);
    } catch (error) {
      await cluster.disconnect().catch(() => {});
      throw error;
    }
    return new TopicSession(topic, cluster);
  }

  partitions(): number[] {
    return this.cluster.findTopicPartitionMetadata(this.topic).map(({ partitionId }) => partitionId);
  }

  /** Partitions by the node that leads them. */
  leaders(): Map<string, number[]> {
    return new Map(Object.entries(this.cluster.findLeaderForPartitions(this.topic, this.partitions())));
  }

  /** Asks the brokers again which partitions there are. */
  refresh(): Promise<void> {
    return this.cluster.refreshMetadata();
  }

  /** The offset of a place, or of the first record at or after a time (epoch ms), per partition. */
  async offsets(place: 'earliest' | 'latest' | number): Promise<Map<number, number>> {
    const timestamp = place === 'earliest' ? EARLIEST : place === 'latest' ? LATEST : place;
    const partitions = this.partitions().map((partition) => ({ partition }));
    const [{ partitions: found }] = await this.cluster.fetchTopicsOffset([{ topic: this.topic, partitions, fromTimestamp: timestamp }]);
    const offsets = new Map(found.map(({ partition, offset }) => [partition, Number(offset)]));
    if ([...offsets.values()].every((offset) => offset >= 0)) return offsets;
    // A time after the last record has no offset: there the end is meant.
    const ends = await this.offsets('latest');
    return new Map([...offsets].map(([partition, offset]) => [partition, offset >= 0 ? offset : (ends.get(partition) ?? 0)]));
  }

  /** Records of partitions that `node` leads; waits up to `maxWaitMs` for the first. */
  async fetch(node: string, positions: readonly FetchPosition[], maxWaitMs: number): Promise<Fetched[]> {
    const broker = await this.cluster.findBroker({ nodeId: node });
    const partitions = positions.map(({ partition, offset }) => ({ partition, fetchOffset: String(offset), maxBytes: PARTITION_BYTES }));
    const response = await broker.fetch({
      replicaId: -1,
      isolationLevel: READ_COMMITTED,
      maxWaitTime: maxWaitMs,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      topics: [{ topic: this.topic, partitions }],
    });
    return readResponse(response, positions);
  }

  async close(): Promise<void> {
    await this.cluster.disconnect().catch(() => {});
  }
}

function readResponse({ responses }: FetchResponse, positions: readonly FetchPosition[]): Fetched[] {
  const asked = new Map(positions.map(({ partition, offset }) => [partition, offset]));
  return responses.flatMap(({ partitions }) =>
    partitions.map(({ partition, messages, abortedTransactions, lastStableOffset, highWatermark }) => {
      const offset = asked.get(partition) as number;
      const committed = filterAbortedMessages({ messages, abortedTransactions });
      return {
        partition,
        messages: committed.filter((message) => !message.isControlRecord && Number(message.offset) >= offset),
        nextOffset: Math.max(offset, endOf(messages)),
        endOffset: Number(lastStableOffset ?? highWatermark),
        highWatermark: Number(highWatermark),
      };
    }),
  );
}

/** The offset after the last record batch, whose own last records may have been compacted away. */
function endOf(messages: readonly FetchedMessage[]): number {
  const last = messages.at(-1);
  if (last === undefined) return 0;
  const { firstOffset, lastOffsetDelta } = last.batchContext ?? {};
  return firstOffset === undefined ? Number(last.offset) + 1 : Number(firstOffset) + (lastOffsetDelta ?? 0) + 1;
}
