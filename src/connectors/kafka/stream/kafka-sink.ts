import { randomUUID } from 'node:crypto';
import type { DeliveryGuarantee } from '../../../engine/stream/functions/delivery.js';
import type { Committer, Sink, SinkWriter } from '../../../engine/stream/functions/sink.js';
import type { TopicRecord } from '../transactional-producer.js';
import { TransactionalTopics } from '../transactional-topics.js';
import { AtMostOnceCommitter } from '../../delivery/at-most-once-committer.js';
import { type Prepared, PreparingWriter } from '../../delivery/preparing-writer.js';
import { SendingWriter } from '../../delivery/sending-writer.js';
import { RecordSender } from '../record-sender.js';
import { type KafkaConnectionOptions, settingsOf } from './kafka-options.js';
import { TransactionalCommitter } from './transactional-committer.js';

export interface KafkaSinkOptions<T> extends KafkaConnectionOptions {
  /** Must exist. */
  readonly topic: string | ((value: T) => string);
  /** The record's value; by default texts as they are, others as JSON. Null is a tombstone. */
  readonly value?: (value: T) => string | Uint8Array | null;
  /** Records of one key go to one partition, chosen as Java's producer does; without keys they go round. */
  readonly key?: (value: T) => string | Uint8Array | null;
  readonly headers?: (value: T) => Readonly<Record<string, string>>;
  /** From 0; instead of the key's. */
  readonly partition?: (value: T) => number;
  /** `atLeastOnce` when nothing is said. */
  readonly deliveryGuarantee?: DeliveryGuarantee;
  /** Of `exactlyOnce`: names this sink among all that write to the cluster, and must stay the same over restarts. */
  readonly transactionalIdPrefix?: string;
  /** How long a broker that fails is tried again before the program fails, ms. */
  readonly deliveryTimeout?: number;
}

const DEFAULT_DELIVERY_TIMEOUT_MS = 120_000;

/**
 * Writes elements as records of Kafka topics (Flink's KafkaSink).
 *
 * - `atLeastOnce`: sent as they come; those since the last checkpoint come again after a failure.
 * - `exactlyOnce`: kept until a checkpoint is complete, in it, then written in one transaction together with the
 *   checkpoint's number. After a failure that number tells what is there. Consumers must read committed.
 * - `atMostOnce`: the same, but what may have been written before a failure is not written again.
 */
export class KafkaSink<T> implements Sink<T, Prepared<TopicRecord>, string> {
  /** Of programs that start afresh. */
  readonly #incarnation = randomUUID();
  readonly #options: KafkaSinkOptions<T>;
  readonly createCommitter?: () => Committer<Prepared<TopicRecord>>;

  /** @throws TypeError for `exactlyOnce` without a prefix */
  constructor(options: KafkaSinkOptions<T>) {
    this.#options = options;
    const { deliveryGuarantee = 'atLeastOnce', transactionalIdPrefix, deliveryTimeout = DEFAULT_DELIVERY_TIMEOUT_MS } = options;
    if (deliveryGuarantee === 'atLeastOnce') return;
    const settings = settingsOf(options);
    if (deliveryGuarantee === 'atMostOnce') {
      this.createCommitter = () => new AtMostOnceCommitter(new RecordSender(settings, 0));
    } else if (transactionalIdPrefix !== undefined) {
      // One writer commits for all subtasks: when there are several processes each will have a number of its own.
      this.createCommitter = () =>
        new TransactionalCommitter(new TransactionalTopics(settings, `${transactionalIdPrefix}-0`, deliveryTimeout));
    } else throw new TypeError('a Kafka sink that delivers exactly once needs a transactionalIdPrefix');
  }

  createWriter(): SinkWriter<T, Prepared<TopicRecord>, string> {
    const record = (value: T, timestamp: number | undefined): TopicRecord => recordOf(this.#options, value, timestamp);
    if (this.createCommitter !== undefined) return new PreparingWriter(record, this.#incarnation);
    const { deliveryTimeout = DEFAULT_DELIVERY_TIMEOUT_MS } = this.#options;
    return new SendingWriter(record, new RecordSender(settingsOf(this.#options), deliveryTimeout));
  }
}

function recordOf<T>(
  { topic, value, key, headers, partition }: KafkaSinkOptions<T>,
  element: T,
  timestamp: number | undefined,
): TopicRecord {
  const text = value === undefined ? jsonOf(element) : value(element);
  return {
    topic: typeof topic === 'function' ? topic(element) : topic,
    value: bytesOf(text),
    key: key === undefined ? null : bytesOf(key(element)),
    ...(headers !== undefined && { headers: headers(element) }),
    ...(partition !== undefined && { partition: partition(element) }),
    ...(timestamp !== undefined && timestamp >= 0 && { timestamp: String(timestamp) }),
  };
}

function jsonOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function bytesOf(data: string | Uint8Array | null): string | Buffer | null {
  return data === null || typeof data === 'string' ? data : Buffer.from(data);
}
