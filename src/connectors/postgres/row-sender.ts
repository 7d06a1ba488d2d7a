import type { Sender } from '../delivery/sending-writer.js';
import { Connection } from './connection.js';
import { insertRows, type Row, type TableOptions } from './rows.js';

/** Writes rows, each call in one transaction. */
export class RowSender<T> implements Sender<Row> {
  readonly #connection: Connection;

  constructor(
    url: string,
    private readonly options: TableOptions<T>,
    retryMs: number,
  ) {
    this.#connection = new Connection(url, retryMs);
  }

  send(rows: readonly Row[]): Promise<void> {
    return this.#connection.transaction((client) => insertRows(client, this.options, rows));
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
