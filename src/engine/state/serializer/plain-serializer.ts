import type { BinaryReader, BinaryWriter } from '../binary.js';
import type { TypeSerializer } from './type-serializer.js';

const enum Tag {
  undefined,
  null,
  false,
  true,
  /** A whole number from 0. */
  uint,
  /** A whole number below 0. */
  negative,
  double,
  bigint,
  text,
  bytes,
  date,
  list,
  object,
  map,
  set,
}

/**
 * Plain values: what JSON has, undefined, every number, bigint, bytes, Date, Map, Set, and lists and objects of such.
 * Shared parts are written again; objects come back without a prototype of their own.
 */
export const plainSerializer: TypeSerializer<unknown> = Object.freeze({ name: 'plain', version: 1, write, read });

export interface PlainSerializerOptions<T> {
  readonly name: string;
  /** From 1. */
  readonly version: number;
  /** Makes what an older version wrote into a value of this one; without it older values are taken as they are. */
  readonly migrate?: (value: unknown, version: number) => T;
}

/** Plain values of a named, versioned shape. */
export function plainSerializerOf<T>({ name, version, migrate }: PlainSerializerOptions<T>): TypeSerializer<T> {
  return {
    name,
    version,
    write,
    read: (from, written) => {
      const value = read(from);
      return written < version && migrate !== undefined ? migrate(value, written) : (value as T);
    },
  };
}

function write(value: unknown, out: BinaryWriter): void {
  switch (typeof value) {
    case 'undefined':
      return out.byte(Tag.undefined);
    case 'boolean':
      return out.byte(value ? Tag.true : Tag.false);
    case 'number':
      return writeNumber(value, out);
    case 'bigint':
      out.byte(Tag.bigint);
      return out.text(value.toString());
    case 'string':
      out.byte(Tag.text);
      return out.text(value);
    case 'object':
      return value === null ? out.byte(Tag.null) : writeObject(value, out);
    default:
      throw new TypeError(`a ${typeof value} is not a plain value: it cannot be written into a checkpoint`);
  }
}

function writeNumber(value: number, out: BinaryWriter): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    out.byte(value < 0 ? Tag.negative : Tag.uint);
    return out.uint(Math.abs(value));
  }
  out.byte(Tag.double);
  out.double(value);
}

function writeObject(value: object, out: BinaryWriter): void {
  if (Array.isArray(value)) return writeAll(Tag.list, value, out);
  if (ArrayBuffer.isView(value)) {
    out.byte(Tag.bytes);
    return out.bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  if (value instanceof Date) {
    out.byte(Tag.date);
    return out.double(value.getTime());
  }
  if (value instanceof Map) return writeAll(Tag.map, [...value].flat(1), out);
  if (value instanceof Set) return writeAll(Tag.set, [...value], out);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw new TypeError(`a ${value.constructor.name} is not a plain value: give its state a serializer`);
  writeAll(Tag.object, Object.entries(value).flat(1), out);
}

function writeAll(tag: Tag, parts: readonly unknown[], out: BinaryWriter): void {
  out.byte(tag);
  out.uint(parts.length);
  for (const part of parts) write(part, out);
}

function read(from: BinaryReader): unknown {
  const tag = from.byte() as Tag;
  switch (tag) {
    case Tag.undefined:
      return undefined;
    case Tag.null:
      return null;
    case Tag.false:
    case Tag.true:
      return tag === Tag.true;
    case Tag.uint:
      return from.uint();
    case Tag.negative:
      return -from.uint();
    case Tag.double:
      return from.double();
    case Tag.bigint:
      return BigInt(from.text());
    case Tag.text:
      return from.text();
    case Tag.bytes:
      return new Uint8Array(from.bytes());
    case Tag.date:
      return new Date(from.double());
    case Tag.list:
      return readAll(from);
    case Tag.object:
      return Object.fromEntries(pairs(readAll(from)) as Iterable<[string, unknown]>);
    case Tag.map:
      return new Map(pairs(readAll(from)));
    case Tag.set:
      return new Set(readAll(from));
    default:
      throw new Error(`unknown tag ${tag} of a plain value`);
  }
}

function readAll(from: BinaryReader): unknown[] {
  return Array.from({ length: from.uint() }, () => read(from));
}

function pairs(parts: readonly unknown[]): [unknown, unknown][] {
  return Array.from({ length: parts.length / 2 }, (_, index) => [parts[2 * index], parts[2 * index + 1]]);
}
