/** The entries of a reference list, as documents write them. */
import type { ListKey } from '../expr/index.js';
import { nearest, type Problem, pointerTo, shown } from '../problem/problem.js';

/** An index of the database takes no longer ones. */
const MAX_KEY_LENGTH = 500;
/** Problems told at once. */
const MAX_PROBLEMS = 100;
const EXPECTED = 'a text, a number, true or false, or {key: …, value: …}';

export interface ListEntry {
  readonly key: ListKey;
  readonly value: unknown;
}

/** Checks a list of keys, or of keys with values; a key alone has the value true. `entries` only without problems. */
export function readListEntries(
  items: unknown,
  pointer: string,
): { readonly entries?: ListEntry[]; readonly problems: readonly Problem[] } {
  if (!Array.isArray(items)) {
    return {
      problems: [{ ...problem('wrong-type', pointer, 'entries must be a list', items), expected: `a list of entries: ${EXPECTED}` }],
    };
  }
  const problems: Problem[] = [];
  const entries: ListEntry[] = [];
  const keys = new Set<ListKey>();
  for (const [index, item] of items.entries()) {
    if (problems.length >= MAX_PROBLEMS) break;
    const entry = readEntry(item, pointerTo(pointer, index), problems);
    if (entry === undefined) continue;
    if (keys.has(entry.key)) problems.push(problem('duplicate-value', pointerTo(pointer, index), 'the key stands twice', entry.key));
    keys.add(entry.key);
    entries.push(entry);
  }
  return problems.length > 0 ? { problems } : { entries, problems };
}

function readEntry(item: unknown, pointer: string, problems: Problem[]): ListEntry | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return readKey(item, true, pointer, problems);
  for (const name of Object.keys(item)) {
    if (name === 'key' || name === 'value') continue;
    const suggestion = nearest(name, ['key', 'value']);
    problems.push({ ...problem('unknown-key', pointerTo(pointer, name), `unknown key \`${name}\``, name), suggestion });
  }
  const { key, value = true } = item as { key?: unknown; value?: unknown };
  if (Object.hasOwn(item, 'key')) return readKey(key, value, pointerTo(pointer, 'key'), problems);
  problems.push({ code: 'missing-key', message: '`key` is missing', pointer, expected: EXPECTED });
  return undefined;
}

function readKey(key: unknown, value: unknown, pointer: string, problems: Problem[]): ListEntry | undefined {
  if (typeof key === 'string' && key.length > MAX_KEY_LENGTH) {
    const expected = `at most ${MAX_KEY_LENGTH} characters`;
    problems.push({ ...problem('out-of-range', pointer, `the key has ${key.length} characters`, key), expected });
    return undefined;
  }
  if (typeof key === 'string' || typeof key === 'boolean' || typeof key === 'bigint' || Number.isFinite(key)) {
    return { key: key as ListKey, value };
  }
  problems.push({ ...problem('wrong-type', pointer, 'this cannot be a key', key), expected: EXPECTED });
  return undefined;
}

function problem(code: string, pointer: string, message: string, found: unknown): Problem {
  return { code, message, pointer, found: shown(found) };
}
