import { randomUUID } from 'node:crypto';
import { ForeignWriterError, type WriterPosition } from '../delivery/position.js';
import { retrying } from '../delivery/retrying.js';
import type { KafkaSettings } from './connection.js';
import { type TopicRecord, TransactionalProducer } from './transactional-producer.js';

/**
 * Writes exactly once to topics under one transactional id, over failures of the broker, the network and itself: what is
 * written has a number, the number is committed with the records, and after any failure a new producer reads it again.
 * A writer that was taken for dead finds a number that is not its own and stops.
 */
export class TransactionalTopics {
  readonly #name = randomUUID();
  #producer: TransactionalProducer | undefined;
  /** What this writer knows to be committed; undefined before it has looked. */
  #committed: { readonly position: WriterPosition | undefined } | undefined;
  /** Being committed when a failure came. */
  #inDoubt: WriterPosition | undefined;

  constructor(
    private readonly settings: KafkaSettings,
    private readonly transactionalId: string,
    /** How long a failing broker is tried again, ms. */
    private readonly retryMs: number,
  ) {}

  /** Shuts out all earlier writers; gives how far they came. */
  async takeOver(): Promise<WriterPosition | undefined> {
    await this.#retrying(async () => void (await this.#takenOver()));
    return this.#committed?.position;
  }

  /**
   * Resolves once records and position are committed, by this call or, if its outcome was in doubt, by an earlier try.
   * @throws ForeignWriterError when another writer has committed meanwhile; the broker's error when it failed too long
   */
  async commit(records: readonly TopicRecord[], { number, incarnation }: Omit<WriterPosition, 'writer'>): Promise<void> {
    const position = { number, incarnation, writer: this.#name };
    await this.#retrying(async () => {
      const producer = await this.#takenOver();
      if (same(this.#committed?.position, position)) return;
      this.#inDoubt = position;
      await producer.commit(records, position);
      this.#inDoubt = undefined;
      this.#committed = { position };
    });
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close();
  }

  async #takenOver(): Promise<TransactionalProducer> {
    if (this.#producer !== undefined) return this.#producer;
    const producer = await TransactionalProducer.takeOver(this.settings, this.transactionalId);
    this.#producer = producer;
    this.#committed = { position: this.#checked(producer.position) };
    this.#inDoubt = undefined;
    return producer;
  }

  /** Offsets of a group that nobody uses are forgotten; what this writer has committed it knows by itself. */
  #checked(found: WriterPosition | undefined): WriterPosition | undefined {
    const known = this.#committed?.position;
    if (this.#committed === undefined || found === undefined || same(found, this.#inDoubt)) return found ?? known;
    if (same(found, known)) return known;
    throw new ForeignWriterError(
      `another writer has committed as "${this.transactionalId}": number ${found.number} of ${found.incarnation}, ours is ${known?.number ?? 'none'} of ${known?.incarnation ?? 'none'}`,
    );
  }

  #retrying(attempt: () => Promise<void>): Promise<void> {
    return retrying(
      this.retryMs,
      attempt,
      () => this.close(),
      (error) => error instanceof ForeignWriterError,
    );
  }
}

function same(a: WriterPosition | undefined, b: WriterPosition | undefined): boolean {
  return a?.number === b?.number && a?.incarnation === b?.incarnation && a?.writer === b?.writer;
}
