import pg from 'pg';

/** Parameters of one statement, well below PostgreSQL's 65,535. */
const MAX_PARAMETERS = 32_000;

export interface TableOptions<T> {
  /** `table` or `schema.table`. */
  readonly table: string;
  /** Column → its value in an element. Objects and lists are written as JSON; dates, numbers, texts, bytes as pg does. */
  readonly columns: Readonly<Record<string, (value: T) => unknown>>;
  /** Columns of a unique index: a row that has them already is replaced. */
  readonly key?: readonly string[];
}

/** A row's values in order of the columns. */
export type Row = readonly unknown[];

export function rowOf<T>({ columns }: TableOptions<T>, value: T): Row {
  return Object.values(columns).map((column) => parameter(column(value)));
}

/** As many inserts as the parameters need; with a key the last row of each. */
export async function insertRows<T>(client: pg.ClientBase, options: TableOptions<T>, rows: readonly Row[]): Promise<void> {
  const wanted = lastOfEachKey(options, rows);
  const width = Object.keys(options.columns).length;
  const most = Math.max(1, Math.floor(MAX_PARAMETERS / width));
  for (let from = 0; from < wanted.length; from += most) {
    const chunk = wanted.slice(from, from + most);
    await client.query(insertOf(options, chunk.length), chunk.flat());
  }
}

function insertOf<T>({ table, columns, key }: TableOptions<T>, rows: number): string {
  const names = Object.keys(columns);
  const target = table.split('.').map(pg.escapeIdentifier).join('.');
  const list = names.map(pg.escapeIdentifier).join(', ');
  const values = Array.from({ length: rows }, (_, row) => `(${names.map((_name, at) => `$${row * names.length + at + 1}`).join(', ')})`);
  return `INSERT INTO ${target} (${list}) VALUES ${values.join(', ')}${onConflict(names, key)}`;
}

function onConflict(names: readonly string[], key: readonly string[] | undefined): string {
  if (key === undefined) return '';
  const others = names
    .filter((name) => !key.includes(name))
    .map((name) => `${pg.escapeIdentifier(name)} = EXCLUDED.${pg.escapeIdentifier(name)}`);
  return ` ON CONFLICT (${key.map(pg.escapeIdentifier).join(', ')}) DO ${others.length === 0 ? 'NOTHING' : `UPDATE SET ${others.join(', ')}`}`;
}

/** One insert cannot touch a row twice. */
function lastOfEachKey<T>({ columns, key }: TableOptions<T>, rows: readonly Row[]): readonly Row[] {
  if (key === undefined) return rows;
  const names = Object.keys(columns);
  const places = key.map((name) => names.indexOf(name));
  return [...new Map(rows.map((row) => [JSON.stringify(places.map((at) => String(row[at]))), row])).values()];
}

/** What pg would make an array of PostgreSQL of, or nothing that can be kept in a checkpoint. */
function parameter(value: unknown): unknown {
  if (value === undefined) return null;
  const isJson = typeof value === 'object' && value !== null && !(value instanceof Date) && !ArrayBuffer.isView(value);
  return isJson ? JSON.stringify(value) : value;
}
