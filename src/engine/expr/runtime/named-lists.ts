import { CelError } from '../../event/cel-error.js';
import type { ListKey, ListStore } from '../lists.js';
import { isError, isNumeric, noOverload } from './values.js';

function isKey(v: unknown): v is ListKey {
  return typeof v === 'string' || typeof v === 'boolean' || isNumeric(v);
}

/** x in list("name") */
export function inList(store: ListStore, name: string, key: unknown): unknown {
  if (!isKey(key)) return isError(key) ? key : noOverload('@in', key);
  return store.list(name)?.has(key) ?? noList(name);
}

/** lookup("name", key): the entry's value; an entry that is not there is an error, as a field is. */
export function lookup(store: ListStore, name: string, key: unknown): unknown {
  if (!isKey(key)) return isError(key) ? key : noOverload('lookup', key);
  const list = store.list(name);
  if (list === undefined) return noList(name);
  const value = list.get(key);
  return value === undefined ? new CelError(`list ${name} has no entry ${String(key).slice(0, 40)}`, true) : value;
}

function noList(name: string): CelError {
  return new CelError(`there is no list ${name}`);
}
