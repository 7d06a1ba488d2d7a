import { randomUUID } from 'node:crypto';
import type { DeliveryGuarantee } from '../../engine/stream/functions/delivery.js';
import type { Committer, Sink, SinkWriter } from '../../engine/stream/functions/sink.js';
import { AtMostOnceCommitter } from '../delivery/at-most-once-committer.js';
import { type Prepared, PreparingWriter } from '../delivery/preparing-writer.js';
import { SendingWriter } from '../delivery/sending-writer.js';
import { PostgresCommitter } from './postgres-committer.js';
import { RowSender } from './row-sender.js';
import { type Row, rowOf, type TableOptions } from './rows.js';

export interface PostgresSinkOptions<T> extends TableOptions<T> {
  /** postgres://user:password@host:port/database */
  readonly url: string;
  /** `atLeastOnce` when nothing is said; with a `key` the rows are the same, however often they are written. */
  readonly deliveryGuarantee?: DeliveryGuarantee;
  /** Of `exactlyOnce`: names this sink among all that write to the database, and must stay the same over restarts. */
  readonly sinkName?: string;
  /** How long a database that fails is tried again before the program fails, ms. */
  readonly deliveryTimeout?: number;
}

const DEFAULT_DELIVERY_TIMEOUT_MS = 120_000;

/**
 * Writes elements as rows of a table (Flink's JdbcSink).
 *
 * - `atLeastOnce`: each batch as it comes. With a `key` that is as good as exactly once.
 * - `exactlyOnce`: kept until a checkpoint is complete, in it, then written in one transaction together with the
 *   checkpoint's number, in the table `tripline_sink_positions`, which is made when it is not there.
 * - `atMostOnce`: the same, but what may have been written before a failure is not written again.
 */
export class PostgresSink<T> implements Sink<T, Prepared<Row>, string> {
  /** Of programs that start afresh. */
  readonly #incarnation = randomUUID();
  readonly #options: PostgresSinkOptions<T>;
  readonly createCommitter?: () => Committer<Prepared<Row>>;

  /** @throws TypeError for `exactlyOnce` without a name, RangeError for a key that is no column */
  constructor(options: PostgresSinkOptions<T>) {
    this.#options = options;
    const { url, key = [], columns, deliveryGuarantee = 'atLeastOnce', sinkName, deliveryTimeout = DEFAULT_DELIVERY_TIMEOUT_MS } = options;
    const unknown = key.find((name) => !Object.hasOwn(columns, name));
    if (unknown !== undefined) throw new RangeError(`the key "${unknown}" is no column: ${Object.keys(columns).join(', ')}`);
    if (deliveryGuarantee === 'atLeastOnce') return;
    if (deliveryGuarantee === 'atMostOnce') {
      this.createCommitter = () => new AtMostOnceCommitter(new RowSender(url, options, 0));
    } else if (sinkName !== undefined) {
      this.createCommitter = () => new PostgresCommitter(url, options, sinkName, deliveryTimeout);
    } else throw new TypeError('a PostgreSQL sink that delivers exactly once needs a sinkName');
  }

  createWriter(): SinkWriter<T, Prepared<Row>, string> {
    const record = (value: T): Row => rowOf(this.#options, value);
    if (this.createCommitter !== undefined) return new PreparingWriter(record, this.#incarnation);
    const { url, deliveryTimeout = DEFAULT_DELIVERY_TIMEOUT_MS } = this.#options;
    return new SendingWriter(record, new RowSender(url, this.#options, deliveryTimeout));
  }
}
