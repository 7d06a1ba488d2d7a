import type { JsonObject } from '../../engine/event/json-reader.js';
import { nearest, type Problem, pointerTo, shown } from '../../engine/problem/problem.js';
import { type ListEntry, readListEntries } from '../../engine/rule/list-entries.js';
import { invalid } from '../errors/domain-error.js';

/** The `entries` of a posted list. Throws DomainError. */
export function readEntries(body: JsonObject): ListEntry[] {
  const unknown = Object.keys(body).flatMap((name) => (name === 'entries' ? [] : [unknownKey(name)]));
  const missing = { code: 'missing-key', message: '`entries` is missing', pointer: '', expected: 'a list of entries' };
  const { entries, problems } = Object.hasOwn(body, 'entries') ? readListEntries(body.entries, '/entries') : { problems: [missing] };
  const all = [...unknown, ...problems];
  if (entries === undefined || all.length > 0) throw invalid('invalid-list', `the list has ${all.length} problem(s)`, all);
  return entries;
}

function unknownKey(name: string): Problem {
  const suggestion = nearest(name, ['entries']);
  return { code: 'unknown-key', message: `unknown key \`${name}\``, pointer: pointerTo('', name), found: shown(name), suggestion };
}
