import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { CommitContext, Committer } from '../../engine/stream/functions/sink.js';
import { ForeignWriterError, incarnationOf, isWritten, type WriterPosition } from '../delivery/position.js';
import type { Prepared } from '../delivery/preparing-writer.js';
import { Connection } from './connection.js';
import { insertRows, type Row, type TableOptions } from './rows.js';

const LOCK = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))';
const CREATE_POSITIONS = `CREATE TABLE IF NOT EXISTS tripline_sink_positions (
  sink text PRIMARY KEY, number bigint NOT NULL, incarnation text NOT NULL, writer text NOT NULL)`;

/** A transaction for each checkpoint, which also says which checkpoint it was. */
export class PostgresCommitter<T> implements Committer<Prepared<Row>> {
  readonly #name = randomUUID();
  readonly #connection: Connection;

  constructor(
    url: string,
    private readonly options: TableOptions<T>,
    private readonly sink: string,
    retryMs: number,
  ) {
    this.#connection = new Connection(url, retryMs);
  }

  /** @throws ForeignWriterError when the table holds what no checkpoint of this program can have written */
  commit(committables: readonly Prepared<Row>[], context: CommitContext): Promise<void> {
    const rows = committables.flatMap(({ records }) => records);
    const isFinal = (error: unknown): boolean => error instanceof ForeignWriterError;
    return this.#connection.transaction(async (client) => {
      const found = await this.#position(client);
      // An earlier try, whose outcome was unknown, did it.
      if (found?.writer === this.#name && found.number === context.checkpointId) return;
      if (isWritten(found, committables, context)) return;
      await insertRows(client, this.options, rows);
      await client.query(
        `INSERT INTO tripline_sink_positions VALUES ($1, $2, $3, $4)
         ON CONFLICT (sink) DO UPDATE SET number = $2, incarnation = $3, writer = $4`,
        [this.sink, context.checkpointId, incarnationOf(committables), this.#name],
      );
    }, isFinal);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Locked until the transaction ends: another writer waits, and then sees what this one has written. */
  async #position(client: pg.Client): Promise<WriterPosition | undefined> {
    await ensurePositions(client);
    await client.query(LOCK, [`tripline/sink/${this.sink}`]);
    const { rows } = await client.query<{ number: string; incarnation: string; writer: string }>(
      'SELECT number, incarnation, writer FROM tripline_sink_positions WHERE sink = $1',
      [this.sink],
    );
    return rows.length === 0 ? undefined : { ...rows[0], number: Number(rows[0].number) };
  }
}

async function ensurePositions(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ known: boolean }>(`SELECT to_regclass('tripline_sink_positions') IS NOT NULL AS known`);
  if (rows[0].known) return;
  await client.query(LOCK, ['tripline/sink positions']);
  await client.query(CREATE_POSITIONS);
}
