import { DeliveryError, type SinkWriter } from '../../runtime/ports/sinks.js';
import type { OutboxRow } from '../../runtime/ports/stores.js';
import { ForeignWriterError } from '../delivery/position.js';
import { alertMessage } from './alert-message.js';
import type { KafkaSettings } from './connection.js';
import { TransactionalTopics } from './transactional-topics.js';

/**
 * Alerts as records, each once for consumers that read committed: a transaction writes rows of the outbox and the place in
 * it that they lead to. After a failure that place says what is there. It is of use only to who holds the shard's lease.
 */
export class ExactlyOnceAlertSink implements SinkWriter {
  readonly batch = 2_000;
  readonly #topics: TransactionalTopics;
  /** Whether the place found at first can be one of this outbox. */
  #isChecked = false;

  /** @param outbox as it was when the sink was started */
  constructor(
    settings: KafkaSettings,
    private readonly topic: string,
    transactionalId: string,
    private readonly outbox: { readonly incarnation: string; readonly lastNumber: number },
  ) {
    // Whoever delivers tries again.
    this.#topics = new TransactionalTopics(settings, transactionalId, 0);
  }

  async write(rows: readonly OutboxRow[], upTo: number): Promise<void> {
    try {
      const written = await this.#written();
      const records = rows.filter(({ number }) => number > written).map((row) => ({ topic: this.topic, ...alertMessage(row) }));
      if (records.length > 0) await this.#topics.commit(records, { number: upTo, incarnation: this.outbox.incarnation });
    } catch (error) {
      if (error instanceof DeliveryError) throw error;
      throw new DeliveryError(`topic ${this.topic}: ${(error as Error).message}`, { stopped: error instanceof ForeignWriterError });
    }
  }

  async close(): Promise<void> {
    await this.#topics.close();
  }

  /** The place in the outbox that the topic holds; what it held before this sink's first write is an older one. */
  async #written(): Promise<number> {
    const position = await this.#topics.takeOver();
    const isFirst = !this.#isChecked;
    this.#isChecked = true;
    if (position === undefined) return 0;
    const { incarnation, lastNumber } = this.outbox;
    if (position.incarnation !== incarnation)
      throw new ForeignWriterError('it holds alerts of another database: give the sink another name to begin anew');
    if (isFirst && position.number > lastNumber)
      throw new ForeignWriterError(
        `it holds alert number ${position.number}, and the database came to ${lastNumber}: was an older copy restored?`,
      );
    return position.number;
  }
}
