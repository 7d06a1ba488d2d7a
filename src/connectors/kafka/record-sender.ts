import type { Sender } from '../delivery/sending-writer.js';
import { retrying } from '../delivery/retrying.js';
import type { KafkaSettings } from './connection.js';
import { SingleSendProducer } from './single-send-producer.js';
import { sends, type TopicRecord } from './transactional-producer.js';

/** Sends records at least once, in order: what was not acknowledged is sent again. */
export class RecordSender implements Sender<TopicRecord> {
  readonly #producer: SingleSendProducer;

  constructor(
    settings: KafkaSettings,
    /** How long a failing broker is tried again, ms. */
    private readonly retryMs: number,
  ) {
    this.#producer = new SingleSendProducer(settings);
  }

  async send(records: readonly TopicRecord[]): Promise<void> {
    for (const [topic, messages] of sends(records))
      await retrying(
        this.retryMs,
        () => this.#producer.send(topic, messages),
        () => this.close(),
      );
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}
