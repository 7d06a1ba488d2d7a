import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { runCli } from '../../src/cli/program.js';

export interface CliRun {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line in this process. */
export async function tripline(args: readonly string[], { stdin = '', isTTY = false } = {}): Promise<CliRun> {
  const [stdout, out] = collector();
  const [stderr, err] = collector();
  const exit = await runCli(args, {
    stdin: stdin === '' ? new PassThrough().end() : Readable.from([stdin]),
    stdout,
    stderr: Object.assign(stderr, { isTTY }),
  });
  return { exit, out: out(), err: err() };
}

function collector(): [Writable, () => string] {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return [stream, () => Buffer.concat(chunks).toString('utf8')];
}

/** A folder with these files, removed after the test file. Gives the path of a file in it. */
export function folderOf(files: Readonly<Record<string, string>>): (name: string) => string {
  const root = mkdtempSync(join(tmpdir(), 'tripline-cli-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return (name) => join(root, name);
}
