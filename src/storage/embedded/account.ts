import { chown, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Who runs the server: PostgreSQL refuses root, so as root it runs as `nobody`. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const NOBODY: Account = { uid: 65534, gid: 65534 };

/** Undefined when this process is not root: then the server runs as this user. */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const line = users.split('\n').find((user) => user.startsWith('nobody:'));
  if (line === undefined) return NOBODY;
  const [, , uid, gid] = line.split(':').map(Number);
  return { uid, gid };
}

/** The nearest folder at or above `path` that the account may not pass through, or undefined. */
export async function blockingFolder(path: string, account: Account | undefined): Promise<string | undefined> {
  if (account === undefined) return undefined;
  for (let folder = path; ; folder = dirname(folder)) {
    const info = await stat(folder).catch(() => undefined);
    if (info !== undefined && !passable(info, account)) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

function passable(info: { mode: number; uid: number; gid: number }, account: Account): boolean {
  if (info.uid === account.uid) return (info.mode & 0o100) !== 0;
  if (info.gid === account.gid) return (info.mode & 0o010) !== 0;
  return (info.mode & 0o001) !== 0;
}

export async function giveTo(path: string, account: Account | undefined): Promise<void> {
  if (account !== undefined) await chown(path, account.uid, account.gid);
}
