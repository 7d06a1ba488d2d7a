import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { access, chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { StorageError } from '../errors.js';
import type { StorageLog } from '../log.js';
import { type Account, blockingFolder, giveTo } from './account.js';
import type { Binaries } from './binaries.js';

/** Where the server's files are. */
export interface ClusterFolders {
  /** Everything below; of this process' user. */
  readonly root: string;
  /** PGDATA; of the server's account. */
  readonly data: string;
  /** 0600; of this process' user. */
  readonly password: string;
  readonly serverLog: string;
}

/** The superuser's and the database's name. */
export const NAME = 'tripline';
/** Where root's data goes when the server's account cannot reach the folder asked for. */
const REACHABLE = '/var/lib/tripline';

/**
 * `<dataDir>/postgres`; or, when this process is root and the server's account may not enter a parent
 * (a home of mode 700), a folder below /var/lib/tripline, which `<dataDir>/postgres.location` names.
 */
export async function clusterFolders(dataDir: string, account: Account | undefined, log: StorageLog): Promise<ClusterFolders> {
  const wanted = resolve(dataDir, 'postgres');
  await mkdir(dirname(wanted), { recursive: true });
  const note = `${wanted}.location`;
  const moved = await readFile(note, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
  if (moved !== undefined) return foldersIn(moved);
  const blocking = await blockingFolder(dirname(wanted), account);
  if (blocking === undefined) return foldersIn(wanted);
  const elsewhere = join(REACHABLE, createHash('sha256').update(wanted).digest('hex').slice(0, 12));
  await mkdir(elsewhere, { recursive: true, mode: 0o755 });
  const stillBlocking = await blockingFolder(elsewhere, account);
  if (stillBlocking !== undefined) throw unreachable(stillBlocking);
  await writeFile(note, `${elsewhere}\n`);
  log.warn({ blocking, folder: elsewhere }, 'PostgreSQL does not run as root and cannot enter the data folder: its data is kept elsewhere');
  return foldersIn(elsewhere);
}

function unreachable(folder: string): StorageError {
  return new StorageError(
    'data-dir-unreachable',
    `PostgreSQL does not run as root, and its user may not enter ${folder}: chmod o+x it, set TRIPLINE_DATA_DIR to another folder, or set DATABASE_URL`,
  );
}

function foldersIn(root: string): ClusterFolders {
  return { root, data: join(root, 'data'), password: join(root, 'password'), serverLog: join(root, 'server.log') };
}

/**
 * Makes the cluster if there is none; returns the superuser's password. An initdb that is killed leaves
 * nothing but a folder that is not looked at again: the cluster gets its name only when it is whole.
 * Throws StorageError `embedded-postgres-version` for a data folder of another major version.
 */
export async function ensureCluster(folders: ClusterFolders, binaries: Binaries, account: Account | undefined): Promise<string> {
  await mkdir(folders.root, { recursive: true, mode: 0o755 });
  const password = await ensurePassword(folders.password);
  const version = await readFile(join(folders.data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) await initialise(folders, binaries, account, password);
  else if (version.trim() !== binaries.major) {
    throw new StorageError(
      'embedded-postgres-version',
      `${folders.data} was written by PostgreSQL ${version.trim()}, the embedded one is ${binaries.major}: dump it with the old version, or set TRIPLINE_DATA_DIR to a new folder`,
    );
  }
  return password;
}

async function ensurePassword(file: string): Promise<string> {
  await writeFile(file, randomBytes(24).toString('hex'), { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return (await readFile(file, 'utf8')).trim();
}

async function initialise(folders: ClusterFolders, binaries: Binaries, account: Account | undefined, password: string): Promise<void> {
  const unfinished = `${folders.data}.${process.pid}`;
  const passwordCopy = `${unfinished}.password`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await giveTo(unfinished, account);
  await writeFile(passwordCopy, password, { mode: 0o600 });
  await chmod(passwordCopy, 0o600);
  await giveTo(passwordCopy, account);
  try {
    await promisify(execFile)(
      binaries.initdb,
      [
        '-D',
        unfinished,
        '-U',
        NAME,
        '-A',
        'scram-sha-256',
        `--pwfile=${passwordCopy}`,
        '--encoding=UTF8',
        '--locale=C',
        '--data-checksums',
        '--no-instructions',
      ],
      { ...account, cwd: folders.root, env: { ...process.env, LC_ALL: 'C' } },
    );
    await rename(unfinished, folders.data).catch((error) =>
      access(join(folders.data, 'PG_VERSION')).catch(() => {
        throw error;
      }),
    );
  } catch (cause) {
    const detail = (cause as { stderr?: string }).stderr?.trim() || (cause as Error).message;
    throw new StorageError('embedded-postgres-failed', `initdb failed: ${detail}`, { cause });
  } finally {
    await rm(passwordCopy, { force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
}
