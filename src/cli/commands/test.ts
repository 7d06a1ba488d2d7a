import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readIfPresent } from '../files.js';
import { startProgress } from '../progress.js';
import { runRuleFolder } from '../rule-folder.js';
import { EXIT, type Terminal, UsageError } from '../terminal.js';

/** Runs every rule folder under `dir` (or `dir` itself) and compares its matches with those expected. */
export async function test(dir: string, terminal: Terminal): Promise<number> {
  const folders = await ruleFolders(dir);
  if (folders.length === 0) throw new UsageError(`${dir}: no folder with a rule.yaml in it`);
  const progress = startProgress(terminal, 'test', folders.length, 20);
  const reports: string[] = [];
  let failed = 0;
  for (const [done, folder] of folders.entries()) {
    const result = await runRuleFolder(folder, terminal);
    if (result.failures.length > 0) failed++;
    reports.push(
      result.failures.length === 0 ? `ok    ${basename(folder)}: ${result.summary}` : `FAIL  ${basename(folder)}`,
      ...result.failures.map((line) => `        ${line}`),
    );
    progress.update(done + 1);
  }
  progress.stop();
  terminal.stdout.write(`${reports.join('\n')}\n${folders.length - failed} passed, ${failed} failed\n`);
  return failed === 0 ? EXIT.ok : EXIT.problems;
}

async function ruleFolders(dir: string): Promise<string[]> {
  if ((await readIfPresent(join(dir, 'rule.yaml'))) !== undefined) return [dir];
  let entries: { name: string; isDirectory(): boolean }[];
  try {
    entries = await readdir(dir, { withFileTypes: true });
  } catch (error) {
    throw new UsageError(`cannot read ${dir}: ${(error as Error).message}`);
  }
  const folders: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const folder = join(dir, entry.name);
    if (entry.isDirectory() && (await readIfPresent(join(folder, 'rule.yaml'))) !== undefined) folders.push(folder);
  }
  return folders;
}
