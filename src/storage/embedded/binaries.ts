import { access, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { StorageError } from '../errors.js';
import { type Account, blockingFolder } from './account.js';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Major version of PostgreSQL: a data folder belongs to one. */
  readonly major: string;
}

/**
 * Finds PostgreSQL's programs in the npm package of this platform, with the links of its libraries made
 * (npm packs none, and the package's own install script may not have run). Where the package cannot be
 * written, or lies below a folder that the server's account may not enter (a home of mode 700), a copy
 * in `copies` is used.
 * Throws StorageError `embedded-postgres-unavailable` when there is no package for this platform.
 */
export async function findBinaries(copies: string, account: Account | undefined): Promise<Binaries> {
  const packageFolder = locatePackage();
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const usable = (await blockingFolder(join(packageFolder, 'native', 'bin'), account)) === undefined && (await makeLinks(packageFolder));
  const folder = usable ? packageFolder : await copyPackage(packageFolder, join(copies, `postgres-${version}`));
  const program = (name: string) => join(folder, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { initdb: program('initdb'), postgres: program('postgres'), major: version.split('.')[0] };
}

function locatePackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    return dirname(dirname(createRequire(require.resolve('embedded-postgres')).resolve(name)));
  } catch (cause) {
    throw new StorageError(
      'embedded-postgres-unavailable',
      `there is no embedded PostgreSQL for ${process.platform} ${process.arch} (package ${name} is not installed): set DATABASE_URL to a PostgreSQL of your own`,
      { cause },
    );
  }
}

/** False when a link is missing and cannot be made. */
async function makeLinks(packageFolder: string): Promise<boolean> {
  for (const { source, target } of await listedLinks(packageFolder)) {
    const link = join(packageFolder, target);
    if (await exists(link)) continue;
    try {
      await symlink(relative(dirname(link), join(packageFolder, source)), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

async function listedLinks(packageFolder: string): Promise<{ source: string; target: string }[]> {
  const file = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  return JSON.parse(file) as { source: string; target: string }[];
}

async function copyPackage(from: string, to: string): Promise<string> {
  if (await exists(to)) return to;
  const unfinished = `${to}.${process.pid}`;
  await mkdir(dirname(to), { recursive: true, mode: 0o755 });
  await cp(join(from, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
  await makeLinks(unfinished);
  // Another process may have been faster; its copy is as good.
  await rename(unfinished, to).catch(() => rm(unfinished, { recursive: true, force: true }));
  return to;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
