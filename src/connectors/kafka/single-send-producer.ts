import kafkajs, { type Message, type Producer } from 'kafkajs';
import { kafkaClient, type KafkaSettings } from './connection.js';
import { ACKS_OF_ALL } from './transactional-producer.js';

/**
 * A producer outside transactions, for callers that have one send in flight and close it after any failure: kafkajs
 * rolls its sequence numbers back on errors, and another send could reuse one, which the broker would acknowledge as a
 * duplicate without writing. For the same reason it is not idempotent. The next send connects anew.
 */
export class SingleSendProducer {
  #producer: Producer | undefined;

  constructor(private readonly settings: KafkaSettings) {}

  async send(topic: string, messages: Message[]): Promise<void> {
    this.#producer ??= await this.#connect();
    await this.#producer.send({ topic, acks: ACKS_OF_ALL, messages });
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
