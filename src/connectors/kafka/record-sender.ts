import kafkajs, { type Producer } from 'kafkajs';
import type { Sender } from '../delivery/sending-writer.js';
import { kafkaClient, type KafkaSettings } from './connection.js';
import { retrying } from '../delivery/retrying.js';
import { ACKS_OF_ALL, sends, type TopicRecord } from './transactional-producer.js';

/**
 * Sends records at least once, in order. The producer is given up with each failure and what was not acknowledged is sent
 * again; it is not idempotent, since kafkajs would give another send the sequence numbers of the one that failed.
 */
export class RecordSender implements Sender<TopicRecord> {
  #producer: Producer | undefined;

  constructor(
    private readonly settings: KafkaSettings,
    /** How long a failing broker is tried again, ms. */
    private readonly retryMs: number,
  ) {}

  async send(records: readonly TopicRecord[]): Promise<void> {
    for (const [topic, messages] of sends(records)) {
      const attempt = async (): Promise<void> => {
        this.#producer ??= await this.#connect();
        await this.#producer.send({ topic, acks: ACKS_OF_ALL, messages });
      };
      await retrying(this.retryMs, attempt, () => this.close());
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.disconnect().catch(() => {});
  }

  async #connect(): Promise<Producer> {
    const producer = kafkaClient(this.settings).producer({
      allowAutoTopicCreation: false,
      maxInFlightRequests: 1,
      retry: { retries: 0 },
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return producer;
  }
}
