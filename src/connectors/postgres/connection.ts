import pg from 'pg';
import { retrying } from '../delivery/retrying.js';

/** PostgreSQL's classes of errors that another try will not mend: data, constraints, syntax and missing tables, privileges. */
const FINAL_CLASSES = new Set(['22', '23', '42']);
const CONNECT_TIMEOUT_MS = 10_000;

/** One connection, made anew after a failure; each use of it is one transaction, tried again when it fails. */
export class Connection {
  #client: pg.Client | undefined;

  constructor(
    private readonly url: string,
    /** How long a database that fails is tried again, ms. */
    private readonly retryMs: number,
  ) {}

  /** `work` is called again after a failure, also when the commit's outcome is unknown. */
  transaction(work: (client: pg.Client) => Promise<void>, isFinal: (error: unknown) => boolean = () => false): Promise<void> {
    return retrying(
      this.retryMs,
      async () => {
        const client = await this.#connected();
        await client.query('BEGIN');
        await work(client);
        await client.query('COMMIT');
      },
      () => this.close(),
      (error) => isFinal(error) || FINAL_CLASSES.has(String((error as { code?: unknown }).code).slice(0, 2)),
    );
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {});
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client;
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    // What breaks the connection is told by the query that needs it.
    client.on('error', () => {});
    await client.connect();
    this.#client = client;
    return client;
  }
}
