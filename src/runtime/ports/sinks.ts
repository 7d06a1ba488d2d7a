import type { OutboxRow } from './stores.js';

/** Takes alerts to where a sink leads. */
export interface SinkWriter {
  /** Most rows of one `write`. */
  readonly batch: number;
  /**
   * Resolves when the target has all rows, which it got in their order. Rejects with DeliveryError or the transport's
   * error: then it has some of them, or none, and the same rows are to be written again.
   * @param upTo the sink's place in the outbox once they are written: the last row looked at, wanted or not
   */
  write(rows: readonly OutboxRow[], upTo: number): Promise<void>;
  close(): Promise<void>;
}

export class DeliveryError extends Error {
  constructor(
    message: string,
    readonly more: {
      /** The target asked to be left alone for so long, ms. */
      readonly retryAfterMs?: number;
      /** The target refuses this alert for good: it is passed over and counted. */
      readonly refused?: boolean;
      /** The target is not this sink's any more, or holds what it cannot have written: nothing more goes to it. */
      readonly stopped?: boolean;
    } = {},
  ) {
    super(message);
    this.name = 'DeliveryError';
  }
}

/** The outbox as sinks read it. */
export interface Outbox {
  /** Rows after a number, oldest first, without gaps. */
  readAfter(number: number, limit: number): Promise<readonly OutboxRow[]>;
  lastNumber(): Promise<number>;
  /** Up to which number a completed checkpoint covers the rows: they stand, whatever happens. */
  coveredNumber(): Promise<number>;
  /** Which numbering it is: another one after the database was lost. */
  incarnation(): Promise<string>;
}

/** Up to which outbox number each sink has delivered. */
export interface SinkCursors {
  get(sink: string): Promise<number | undefined>;
  set(sink: string, number: number): Promise<void>;
}
