import { env } from 'node:process';
import { parseDuration } from '../../engine/time/duration.js';
import { asKeyView, createKey, type KeyView } from '../../service/keys/create-key.js';
import { type Role, ROLES } from '../../service/settings/api-keys.js';
import { tenantNames } from '../../service/settings/readers.js';
import { readSettings, SettingsError } from '../../service/settings/settings.js';
import { ensureTenantDatabase, tenantDatabase } from '../../service/tenants/tenant-database.js';
import { ApiKeyRepository } from '../../storage/access/api-keys.js';
import type { Author } from '../../storage/access/audit-log.js';
import { Database } from '../../storage/database.js';
import { startEmbeddedPostgres } from '../../storage/embedded/server.js';
import { StorageError } from '../../storage/errors.js';
import { EXIT, type Terminal, UsageError } from '../terminal.js';

export interface KeysOptions {
  /** Whose keys; absent = the operator's. */
  readonly tenant?: string;
}

export interface CreateKeyOptions extends KeysOptions {
  readonly name: string;
  readonly role: string;
  readonly expiresIn?: string;
}

/** Writes the new key to standard output, and what it is to standard error. */
export async function createKeyCommand({ name, role, expiresIn, tenant }: CreateKeyOptions, terminal: Terminal): Promise<number> {
  if (!ROLES.includes(role as Role)) throw new UsageError(`--role is one of ${ROLES.join(', ')}, found ${role}`);
  const lifetime = expiresIn === undefined ? null : parseDuration(expiresIn);
  if (lifetime === undefined || lifetime === 0) throw new UsageError(`--expires-in is a duration such as 90d or 12h, found ${expiresIn}`);
  return withKeys(tenant, async (keys) => {
    const expiresAt = lifetime === null ? null : Date.now() + lifetime;
    const { key, ...view } = await createKey(keys, { name, role: role as Role, expiresAt }, author());
    terminal.stderr.write(`${asLine(view)}\nThe key, shown only now:\n`);
    terminal.stdout.write(`${key}\n`);
    return EXIT.ok;
  });
}

export function listKeysCommand({ tenant }: KeysOptions, terminal: Terminal): Promise<number> {
  return withKeys(tenant, async (keys) => {
    for (const key of await keys.list()) terminal.stdout.write(`${asLine(asKeyView(key))}\n`);
    return EXIT.ok;
  });
}

export function revokeKeyCommand(id: string, { tenant }: KeysOptions, terminal: Terminal): Promise<number> {
  return withKeys(tenant, async (keys) => {
    if (await keys.revoke(id, author())) return EXIT.ok;
    terminal.stderr.write(`tripline: there is no key ${id}\n`);
    return EXIT.problems;
  });
}

/** On the database of the settings, whether the service runs or not. */
async function withKeys(tenant: string | undefined, work: (keys: ApiKeyRepository) => Promise<number>): Promise<number> {
  try {
    const settings = readSettings(env);
    const embedded = settings.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: settings.dataDir }) : undefined;
    try {
      const url = settings.databaseUrl ?? embedded!.url;
      if (tenant !== undefined) await ensureTenantDatabase(url, tenantNamed(tenant));
      const database = await Database.open({ url: tenant === undefined ? url : tenantDatabase(url, tenant), poolSize: 1 });
      try {
        return await work(new ApiKeyRepository(database));
      } finally {
        await database.close();
      }
    } finally {
      await embedded?.stop();
    }
  } catch (error) {
    if (error instanceof SettingsError || error instanceof StorageError) throw new UsageError(error.message);
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') throw new UsageError('the database of DATABASE_URL does not answer');
    throw error;
  }
}

function tenantNamed(tenant: string): string {
  if (tenantNames.read(tenant)?.length !== 1) throw new UsageError(`--tenant is a name of small letters and digits, found ${tenant}`);
  return tenant;
}

function author(): Author {
  return { kind: 'terminal', name: env.USER ?? env.LOGNAME ?? 'unknown', id: null };
}

function asLine({ id, name, role, createdAt, expiresAt, lastUsedAt, revokedAt }: KeyView): string {
  const times = { created: createdAt, expires: expiresAt, used: lastUsedAt, revoked: revokedAt };
  const told = Object.entries(times).flatMap(([what, at]) => (at === null ? [] : [`${what} ${new Date(at).toISOString()}`]));
  return [id, role.padEnd(8), name, ...told].join('  ');
}
