import type { SinkWriter } from '../../engine/stream/functions/sink.js';

/** Takes records to a target. */
export interface Sender<R> {
  /** Resolves when the target has all, in their order; tries again by itself. */
  send(records: readonly R[]): Promise<void>;
  close(): Promise<void>;
}

/** Sends records as they come, at least once: each batch of a source before the next is read. */
export class SendingWriter<T, R> implements SinkWriter<T, never> {
  #records: R[] = [];

  constructor(
    private readonly recordOf: (value: T, timestamp: number | undefined) => R,
    private readonly sender: Sender<R>,
  ) {}

  write(value: T, timestamp: number | undefined): void {
    this.#records.push(this.recordOf(value, timestamp));
  }

  async flush(): Promise<void> {
    if (this.#records.length === 0) return;
    const records = this.#records;
    this.#records = [];
    await this.sender.send(records);
  }

  async close(): Promise<void> {
    await this.sender.close();
  }
}
