import { CelError } from '../../event/cel-error.js';
import { Event } from '../../event/event.js';
import { charge } from './budget.js';
import { WHOLE_EVENT } from '../../event/field-layout.js';

/** An instant, in nanoseconds since the epoch (google.protobuf.Timestamp: years 1 to 9999). */
export class CelTimestamp {
  constructor(readonly nanos: bigint) {}
}

/** A span, in nanoseconds (google.protobuf.Duration). */
export class CelDuration {
  constructor(readonly nanos: bigint) {}
}

/** A type as a value: what type(x) gives. There is one object for each type. */
export class CelType {
  constructor(readonly name: string) {}
}

/** No string or list that an expression makes is longer: doubling in macros would be exponential. */
export const MAX_TEXT = 1 << 20;
export const MAX_LIST = 100_000;

/** A map made in an expression may have keys that are no strings; maps of events are plain objects. */
export type CelMap = Readonly<Record<string, unknown>> | ReadonlyMap<unknown, unknown>;

export function isError(v: unknown): v is CelError {
  return v instanceof CelError;
}

export function isNumeric(v: unknown): v is number | bigint {
  return typeof v === 'number' || typeof v === 'bigint';
}

/** An event used as a value is its whole object; anything else is itself. */
export function plain(v: unknown): unknown {
  if (!(v instanceof Event)) return v;
  return v.fields[WHOLE_EVENT] ?? v.decodeSlot(WHOLE_EVENT);
}

/** The name of a value's type, as messages show it. */
export function typeName(v: unknown): string {
  if (v === null) return 'null';
  if (typeof v === 'number' || typeof v === 'bigint') return 'number';
  if (typeof v === 'boolean') return 'bool';
  if (typeof v === 'string') return 'string';
  if (Array.isArray(v)) return 'list';
  if (v instanceof Uint8Array) return 'bytes';
  if (v instanceof CelTimestamp) return 'timestamp';
  if (v instanceof CelDuration) return 'duration';
  if (v instanceof CelType) return 'type';
  return v instanceof CelError ? 'error' : 'map';
}

/** After `plain`: is it a map? */
export function isMap(v: unknown): v is CelMap {
  return typeof v === 'object' && v !== null && typeName(v) === 'map';
}

/** Integers that a double holds are the same key as the double. */
export function keyOfMap(key: unknown): unknown {
  return typeof key === 'bigint' && BigInt(Number(key)) === key ? Number(key) : key;
}

/** Own keys only: a map from an event has the prototype of all objects. Undefined when absent. */
export function mapGet(map: CelMap, key: unknown): unknown {
  if (map instanceof Map) return map.get(keyOfMap(key));
  const object = map as Record<string, unknown>;
  return typeof key === 'string' && Object.hasOwn(object, key) ? object[key] : undefined;
}

export function mapKeys(map: CelMap): unknown[] {
  const keys = map instanceof Map ? [...map.keys()] : Object.keys(map);
  // Keys of large objects cost microseconds each; whoever asks next finds the budget used up.
  charge(keys.length * 50);
  return keys;
}

/** A map literal. Keys are bool, number or string, each once. */
export function makeMap(entries: readonly unknown[]): unknown {
  const map = new Map<unknown, unknown>();
  for (let i = 0; i < entries.length; i += 2) {
    const key = keyOfMap(entries[i]);
    const value = entries[i + 1];
    if (isError(key)) return key;
    if (isError(value)) return value;
    if (typeof key !== 'string' && typeof key !== 'boolean' && !isNumeric(key))
      return new CelError(`unsupported key type: ${typeName(key)}`);
    if (map.has(key)) return new CelError(`Failed with repeated key: ${String(key)}`);
    map.set(key, value);
  }
  return map;
}

/** A list literal: an error in it is the result. */
export function makeList(items: readonly unknown[]): unknown {
  return items.find(isError) ?? items;
}

/** The first error among the arguments, else that no function takes these types. */
export function noOverload(name: string, ...args: readonly unknown[]): CelError {
  const error = args.find(isError);
  return error ?? new CelError(`no such overload: ${name}(${args.map((a) => typeName(plain(a))).join(', ')})`);
}
