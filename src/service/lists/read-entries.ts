import type { JsonObject, JsonValue } from '../../engine/event/json-reader.js';
import type { ListKey } from '../../engine/expr/index.js';
import { nearest, type Problem, pointerTo, shown } from '../../engine/problem/problem.js';
import type { ListEntry } from '../../storage/catalog/lists.js';
import { invalid } from '../errors/domain-error.js';

/** An index of the database takes no longer ones. */
const MAX_KEY_LENGTH = 500;
/** Problems told at once. */
const MAX_PROBLEMS = 100;
const EXPECTED = 'a text, a number, true or false, or {"key": …, "value": …}';

/** The `entries` of a posted list: keys, or keys with values; a key alone has the value true. Throws DomainError. */
export function readEntries(body: JsonObject): ListEntry[] {
  const problems = Object.keys(body).flatMap((name) => (name === 'entries' ? [] : [unknownKey('', name, ['entries'])]));
  const items = body.entries;
  if (!Array.isArray(items)) {
    const missing = !Object.hasOwn(body, 'entries');
    const code = missing ? 'missing-key' : 'wrong-type';
    const message = missing ? '`entries` is missing' : '`entries` must be a list';
    problems.push({ code, message, pointer: '/entries', expected: 'a list of entries', ...(missing ? {} : { found: shown(items) }) });
    throw invalidList(problems);
  }
  const entries: ListEntry[] = [];
  const keys = new Set<ListKey>();
  for (const [index, item] of items.entries()) {
    const entry = readEntry(item, pointerTo('/entries', index), problems);
    if (problems.length >= MAX_PROBLEMS) break;
    if (entry === undefined) continue;
    if (keys.has(entry.key)) problems.push(problem('duplicate-value', pointerTo('/entries', index), 'the key stands twice', entry.key));
    keys.add(entry.key);
    entries.push(entry);
  }
  if (problems.length > 0) throw invalidList(problems);
  return entries;
}

function readEntry(item: JsonValue, pointer: string, problems: Problem[]): ListEntry | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return readKey(item, true, pointer, problems);
  for (const name of Object.keys(item)) if (name !== 'key' && name !== 'value') problems.push(unknownKey(pointer, name, ['key', 'value']));
  if (Object.hasOwn(item, 'key')) return readKey(item.key, Object.hasOwn(item, 'value') ? item.value : true, `${pointer}/key`, problems);
  problems.push({ code: 'missing-key', message: '`key` is missing', pointer, expected: EXPECTED });
  return undefined;
}

function readKey(key: JsonValue, value: JsonValue, pointer: string, problems: Problem[]): ListEntry | undefined {
  if (typeof key === 'object') {
    problems.push({ ...problem('wrong-type', pointer, 'this cannot be a key', key), expected: EXPECTED });
    return undefined;
  }
  if (typeof key === 'string' && key.length > MAX_KEY_LENGTH) {
    const expected = `at most ${MAX_KEY_LENGTH} characters`;
    problems.push({ ...problem('out-of-range', pointer, `the key has ${key.length} characters`, key), expected });
    return undefined;
  }
  return { key, value };
}

function problem(code: string, pointer: string, message: string, found: unknown): Problem {
  return { code, message, pointer, found: shown(found) };
}

function unknownKey(pointer: string, name: string, known: readonly string[]): Problem {
  return { ...problem('unknown-key', pointerTo(pointer, name), `unknown key \`${name}\``, name), suggestion: nearest(name, known) };
}

function invalidList(problems: readonly Problem[]) {
  return invalid('invalid-list', `the list has ${problems.length} problem(s)`, problems);
}
