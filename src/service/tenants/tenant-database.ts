import pg from 'pg';
import { connection } from '../../storage/database.js';
import { StorageError } from '../../storage/errors.js';

const DUPLICATE_DATABASE = '42P04';
const INSUFFICIENT_PRIVILEGE = '42501';

/** The address of a tenant's own database: beside the operator's, under its name with `_<tenant>`. */
export function tenantDatabase(url: string, tenant: string): string {
  const address = new URL(url);
  address.pathname = `${address.pathname}_${tenant}`;
  return address.toString();
}

/** Makes a tenant's database if there is none. Throws StorageError `database-missing` when the user may not make one. */
export async function ensureTenantDatabase(url: string, tenant: string): Promise<void> {
  const name = decodeURIComponent(new URL(tenantDatabase(url, tenant)).pathname.slice(1));
  const client = new pg.Client(connection(url));
  client.on('error', () => {});
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === INSUFFICIENT_PRIVILEGE)
      throw new StorageError('database-missing', `there is no database ${name}, and the user of DATABASE_URL may not make it`);
    // Another process was quicker.
    if (code !== DUPLICATE_DATABASE) throw error;
  } finally {
    await client.end();
  }
}
