import { dirname, join } from 'node:path';
import type { ListUpdate } from '../engine/expr/index.js';
import { isObject } from '../engine/problem/fields.js';
import { type Problem, pointerTo } from '../engine/problem/problem.js';
import { parseDocument } from '../engine/rule/index.js';
import { readListEntries } from '../engine/rule/list-entries.js';
import { formatOf, readBytes, readIfPresent } from './files.js';
import { showProblem } from './show-problem.js';
import type { Terminal } from './terminal.js';

/**
 * The reference lists of a file, which gives entries by name: those of `listsFile`, else of `lists.yaml` beside the
 * rule, else none. `lines` are problems for people. @throws UsageError when a named file cannot be read
 */
export async function loadLists(
  ruleFile: string,
  listsFile: string | undefined,
  terminal: Terminal,
): Promise<{ readonly lists: readonly ListUpdate[]; readonly lines: readonly string[] }> {
  const file = listsFile ?? join(dirname(ruleFile), 'lists.yaml');
  const bytes = listsFile === undefined ? await readIfPresent(file) : await readBytes(file, terminal);
  if (bytes === undefined) return { lists: [], lines: [] };
  const { value, problems: unparseable, locate } = parseDocument(bytes.toString('utf8'), formatOf(file), { maxRuleBytes: Infinity });
  const { lists, problems } = unparseable.length > 0 ? { lists: [], problems: unparseable } : readLists(value);
  return { lists, lines: problems.map((problem) => showProblem(file, 'error', locate(problem))) };
}

function readLists(value: unknown): { lists: readonly ListUpdate[]; problems: readonly Problem[] } {
  if (!isObject(value)) return { lists: [], problems: [{ code: 'wrong-type', message: 'expected lists by name', pointer: '' }] };
  const read = Object.entries(value).map(([list, items]) => ({ list, ...readListEntries(items, pointerTo('', list)) }));
  return {
    lists: read.map(({ list, entries = [] }) => ({
      list,
      version: 1,
      put: entries.map(({ key, value: held }) => [key, held] as const),
      removed: [],
      deleted: false,
    })),
    problems: read.flatMap(({ problems }) => problems),
  };
}
