import type { KafkaMessage } from 'kafkajs';
import type { Source, SourceReader } from '../../../engine/stream/functions/source.js';
import { type KafkaConnectionOptions, settingsOf } from './kafka-options.js';
import { KafkaSourceReader } from './kafka-source-reader.js';

/** A record as it stands in its partition. */
export interface KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch ms. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  /** Null is a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers: KafkaMessage['headers'];
}

export interface KafkaSourceOptions<T> extends KafkaConnectionOptions {
  readonly topic: string;
  /** What a record is in the program; undefined: it is left out. */
  readonly deserialize: (record: KafkaRecord) => T | undefined;
  /** Where a program without a checkpoint begins: `earliest` unless said otherwise, or a time, epoch ms. */
  readonly start?: 'earliest' | 'latest' | number;
  /** The program ends where the topic ends when it starts. */
  readonly bounded?: boolean;
  /** How often new partitions are looked for, ms; 10 s unless said otherwise. */
  readonly partitionDiscoveryInterval?: number;
  /** How long a broker that fails is tried again before the program fails, ms; 2 min unless said otherwise. */
  readonly retryTimeout?: number;
}

/**
 * Reads a topic, committed records only, each partition a split with a watermark of its own (Flink's KafkaSource).
 * Positions are in the program's checkpoints, not in a consumer group.
 */
export class KafkaSource<T> implements Source<T> {
  constructor(private readonly options: KafkaSourceOptions<T>) {}

  /** The value of a record as JSON; records without one are left out. */
  static json<T>(options: Omit<KafkaSourceOptions<T>, 'deserialize'>): KafkaSource<T> {
    return new KafkaSource<T>({
      ...options,
      deserialize: ({ value }) => (value === null ? undefined : (JSON.parse(Buffer.from(value).toString('utf8')) as T)),
    });
  }

  createReader(): SourceReader<T> {
    return new KafkaSourceReader<T>(settingsOf(this.options), this.options);
  }
}
