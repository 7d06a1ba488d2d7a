import type { StreamDefinition } from '../../engine/rule/definition.js';
import type { PastReader } from '../../runtime/ports/stores.js';
import type { KafkaLog, KafkaSettings } from './connection.js';
import { TopicSession } from './topic-session.js';
import { KafkaTopicReader, type SourceHealth } from './topic-reader.js';

/** The topics that are streams, each with its reader. */
export class KafkaSources {
  readonly #readers = new Map<string, KafkaTopicReader>();
  /** Called with the stream whose topic has new partitions. */
  onPartitionsAdded: (stream: string) => void = () => {};

  constructor(
    readonly settings: KafkaSettings,
    readonly log: KafkaLog,
  ) {}

  /** Undefined for a stream that is no topic. */
  reader(stream: string): KafkaTopicReader | undefined {
    return this.#readers.get(stream);
  }

  /** Makes the stream's reader; one that is there stays, since a stream's source never changes. */
  ensure({ name, source }: StreamDefinition): KafkaTopicReader | undefined {
    if (source.kind !== 'kafka') return undefined;
    const known = this.#readers.get(name);
    if (known !== undefined) return known;
    const { settings, log } = this;
    const reader = new KafkaTopicReader({ stream: name, source, settings, log, onPartitionsAdded: () => this.onPartitionsAdded(name) });
    this.#readers.set(name, reader);
    return reader;
  }

  /** A reader of its own, from the first records whose timestamp is at or after a time, epoch ms, to the topic's ends now. */
  async past({ name, source }: StreamDefinition, since: number): Promise<PastReader> {
    if (source.kind !== 'kafka') throw new Error(`stream ${name} is no topic`);
    const { settings, log } = this;
    const session = await TopicSession.open(settings, source.topic);
    try {
      const from = await session.offsets(since > 0 ? since : 'earliest');
      const to = await session.offsets('latest');
      const reader = new KafkaTopicReader({ stream: name, source, settings, log, onPartitionsAdded: () => {} });
      return { reader, from, to, close: () => reader.close() };
    } finally {
      await session.close();
    }
  }

  /** Whether there is no such topic; the error when no broker answers. */
  async missing(topic: string): Promise<boolean | Error> {
    try {
      await (await TopicSession.open(this.settings, topic)).close();
      return false;
    } catch (error) {
      return (error as { type?: string }).type === 'UNKNOWN_TOPIC_OR_PARTITION' ? true : (error as Error);
    }
  }

  async drop(stream: string): Promise<void> {
    const reader = this.#readers.get(stream);
    this.#readers.delete(stream);
    await reader?.close();
  }

  health(): SourceHealth[] {
    return [...this.#readers.values()].map((reader) => reader.health());
  }

  async close(): Promise<void> {
    await Promise.all([...this.#readers.keys()].map((stream) => this.drop(stream)));
  }
}
