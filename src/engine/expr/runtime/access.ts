import { CelError } from '../../event/cel-error.js';
import { Event } from '../../event/event.js';
import type { MatchView } from '../scope.js';
import { isError, isMap, isNumeric, mapGet, noOverload, plain, typeName } from './values.js';

const NO_EVENT = new CelError('there is no current event here');
const NO_MATCH = new CelError('there is no match here');
const EMPTY: readonly Event[] = [];

/** A field of the current event by its slot; a missing field's slot holds its error. */
export function field(event: Event | null, slot: number): unknown {
  if (event === null) return NO_EVENT;
  const value = event.fields[slot];
  return value !== undefined ? value : event.decodeSlot(slot);
}

/** A field of what is statically an event or an error. */
export function fieldOf(v: unknown, slot: number): unknown {
  if (v instanceof Event) return field(v, slot);
  return isError(v) ? v : NO_EVENT;
}

/** has() of a field's value: only a missing field is false, other errors pass on. */
export function present(v: unknown): unknown {
  return isError(v) ? (v.missing ? false : v) : true;
}

export function current(event: Event | null): unknown {
  return event ?? NO_EVENT;
}

/** The event of a step that takes at most one; `none` is the error when it took none. */
export function stepEvent(match: MatchView | null, step: number, none: CelError): unknown {
  return match === null ? NO_MATCH : (match.last(step) ?? none);
}

const NO_FIRST = new CelError('first of an empty list');
const NO_LAST = new CelError('last of an empty list');

/** first, last and size of a step's list, which is not made for it. */
export function stepFirst(match: MatchView | null, step: number): unknown {
  return match === null ? NO_MATCH : (match.first(step) ?? NO_FIRST);
}

export function stepLast(match: MatchView | null, step: number): unknown {
  return match === null ? NO_MATCH : (match.last(step) ?? NO_LAST);
}

export function stepSize(match: MatchView | null, step: number): unknown {
  return match === null ? NO_MATCH : match.size(step);
}

export function stepEvents(match: MatchView | null, step: number): unknown {
  return match === null ? NO_MATCH : (match.events(step) ?? EMPTY);
}

/** Whether a step has taken an event. */
export function hasStep(match: MatchView | null, step: number): unknown {
  return match === null ? NO_MATCH : match.last(step) !== undefined;
}

export function contextValue(match: MatchView | null, index: number): unknown {
  return match?.values?.[index] ?? (match?.values === undefined ? NO_MATCH : null);
}

export function noStepEvent(name: string): CelError {
  return new CelError(`step ${name} has no event`, true);
}

/** a.name on a value of unknown type: own keys of maps and events only. */
export function select(v: unknown, name: string): unknown {
  const map = plain(v);
  if (!isMap(map)) return isError(map) ? map : new CelError(`no such overload: ${typeName(map)}.${name}`);
  const value = mapGet(map, name);
  return value === undefined ? new CelError(`no such key: ${name}`, true) : value;
}

/** has(a.name), has(a[key]). */
export function hasKey(v: unknown, key: unknown): unknown {
  const map = plain(v);
  if (isError(key)) return key;
  if (isMap(map)) return mapGet(map, key) !== undefined;
  if (Array.isArray(map) && isNumeric(key)) return Number.isInteger(Number(key)) && Number(key) >= 0 && Number(key) < map.length;
  return noOverload('has', map);
}

/** a[key] on a list or a map. */
export function index(v: unknown, key: unknown): unknown {
  const from = plain(v);
  if (isError(from)) return from;
  if (isError(key)) return key;
  if (Array.isArray(from)) return itemAt(from, key);
  if (!isMap(from)) return noOverload('_[_]', from, key);
  const value = mapGet(from, key);
  return value === undefined ? new CelError(`no such key: ${typeof key === 'string' ? key : String(plain(key))}`, true) : value;
}

function itemAt(list: readonly unknown[], key: unknown): unknown {
  if (!isNumeric(key)) return noOverload('_[_]', list, key);
  const at = Number(key);
  if (!Number.isInteger(at)) return new CelError(`a list's index is a whole number, not ${at}`);
  return at >= 0 && at < list.length ? list[at] : new CelError(`index out of range: ${at} of ${list.length}`);
}
