import kafkajs, { type Producer } from 'kafkajs';
import { DeliveryError, type SinkWriter } from '../../runtime/ports/sinks.js';
import type { OutboxRow } from '../../runtime/ports/stores.js';
import { alertMessage } from './alert-message.js';
import { kafkaClient, type KafkaSettings } from './connection.js';

const ACKS_OF_ALL = -1;

/**
 * Alerts as JSON records: key = the rule's key, headers tell id, rule, version, severity. One send is in flight, and
 * after any failure the producer is given up: kafkajs rolls its sequence numbers back on errors, and another send
 * could reuse one, which the broker would acknowledge as a duplicate without writing. For the same reason the producer
 * is not idempotent: repeated records have the same alert id, and order per key holds since the batch is sent again whole.
 */
export class KafkaAlertSink implements SinkWriter {
  readonly batch = 500;
  #producer: Producer | undefined;

  constructor(
    readonly settings: KafkaSettings,
    readonly topic: string,
  ) {}

  async write(rows: readonly OutboxRow[]): Promise<void> {
    try {
      this.#producer ??= await this.#connect();
      await this.#producer.send({ topic: this.topic, acks: ACKS_OF_ALL, messages: rows.map(alertMessage) });
    } catch (error) {
      await this.close();
      throw new DeliveryError(`topic ${this.topic}: ${(error as Error).message}`);
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
