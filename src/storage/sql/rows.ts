import type { ClientBase, QueryResultRow } from 'pg';

/** The wire protocol counts parameters in 16 bits. */
const MAX_PARAMETERS = 60_000;
/** Bytes of one statement's large values: bounds the memory of a batch insert. */
const MAX_BYTES = 8 << 20;

/**
 * Inserts rows by as few multi-row statements as limits allow. Parameters go one by one and not as arrays,
 * because pg sends a Buffer as it is but an array of them as hexadecimal text, twice the size.
 * `suffix` is SQL after the VALUES, e.g. ON CONFLICT. Returns what RETURNING in it gives.
 */
export async function insertRows<R extends QueryResultRow>(
  client: ClientBase,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  suffix = '',
): Promise<R[]> {
  const returned: R[] = [];
  const limit = Math.floor(MAX_PARAMETERS / columns.length);
  let from = 0;
  while (from < rows.length) {
    const until = batchEnd(rows, from, limit);
    const batch = rows.slice(from, until);
    const values = batch.map((_, row) => `(${columns.map((__, column) => `$${row * columns.length + column + 1}`).join()})`);
    const result = await client.query<R>(`INSERT INTO ${table} (${columns.join()}) VALUES ${values.join()} ${suffix}`, batch.flat());
    returned.push(...result.rows);
    from = until;
  }
  return returned;
}

function batchEnd(rows: readonly (readonly unknown[])[], from: number, limit: number): number {
  let bytes = 0;
  let at = from;
  while (at < rows.length && at - from < limit) {
    for (const value of rows[at]) if (value instanceof Uint8Array) bytes += value.length;
    if (bytes > MAX_BYTES && at > from) break;
    at++;
  }
  return at;
}

/** bytea comes as a Buffer over the driver's memory; this copies it into an ArrayBuffer of its own, which can be transferred. */
export function ownBytes(bytes: Uint8Array): Buffer {
  const own = Buffer.from(new ArrayBuffer(bytes.length));
  own.set(bytes);
  return own;
}

/** A Buffer over the same memory: pg sends Buffers, but not every Uint8Array, as binary. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
