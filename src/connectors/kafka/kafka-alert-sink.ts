import { DeliveryError, type SinkWriter } from '../../runtime/ports/sinks.js';
import type { OutboxRow } from '../../runtime/ports/stores.js';
import { alertMessage } from './alert-message.js';
import type { KafkaSettings } from './connection.js';
import { SingleSendProducer } from './single-send-producer.js';

/**
 * Alerts as JSON records: key = the rule's key, headers tell id, rule, version, severity. Repeated records have the same
 * alert id, and order per key holds since a batch that failed is sent again whole.
 */
export class KafkaAlertSink implements SinkWriter {
  readonly batch = 500;
  readonly #producer: SingleSendProducer;

  constructor(
    settings: KafkaSettings,
    readonly topic: string,
  ) {
    this.#producer = new SingleSendProducer(settings);
  }

  async write(rows: readonly OutboxRow[]): Promise<void> {
    try {
      await this.#producer.send(this.topic, rows.map(alertMessage));
    } catch (error) {
      await this.close();
      throw new DeliveryError(`topic ${this.topic}: ${(error as Error).message}`);
    }
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}
