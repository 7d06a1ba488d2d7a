/** How what a state holds of one key is written: a value, a list, a map, each part with a time when it has a time to live. */
import type { BinaryReader, BinaryWriter } from '../binary.js';
import { plainSerializer } from '../serializer/plain-serializer.js';
import {
  resolveSchemaCompatibility,
  type SerializerSnapshot,
  StateMigrationError,
  type TypeSerializer,
} from '../serializer/type-serializer.js';
import type { StateDescriptor } from './descriptors.js';
import type { Stamped } from './ttl.js';

/** What a checkpoint knows of a state: enough to tell whether a program's descriptor can read it. */
export interface StateMetaInfo {
  readonly name: string;
  readonly kind: StateDescriptor['kind'];
  readonly serializer: SerializerSnapshot;
}

/** Reads and writes what a table holds of one key and namespace. */
export interface StateFormat<S = unknown> {
  readonly meta: StateMetaInfo;
  write(value: S, out: BinaryWriter): void;
  read(from: BinaryReader): S;
}

/** Whether the parts have times behind them. */
const PLAIN = 0;
const STAMPED = 1;

/** @param clock processing time, ms: when state that had no time to live is restored into one that has, its life begins */
export function stateFormatOf(descriptor: StateDescriptor, clock: () => number): StateFormat {
  const serializer = serializerOf(descriptor);
  const part = descriptor.ttl === undefined ? plainPart(serializer) : stampedPart(serializer, clock);
  const { write, read } = shapeOf(descriptor, part);
  const stamped = descriptor.ttl === undefined ? PLAIN : STAMPED;
  return {
    meta: { name: descriptor.name, kind: descriptor.kind, serializer: { name: serializer.name, version: serializer.version } },
    write: (value, out) => {
      out.uint(serializer.version);
      out.byte(stamped);
      try {
        write(value, out);
      } catch (error) {
        throw new TypeError(`state "${descriptor.name}": ${(error as Error).message}`, { cause: error });
      }
    },
    read: (from) => read(from, from.uint(), from.byte() === STAMPED),
  };
}

/** @throws StateMigrationError when state of the checkpoint cannot be read by the program's descriptor */
export function checkCompatible(meta: StateMetaInfo, restored: StateMetaInfo): void {
  if (meta.kind !== restored.kind)
    throw new StateMigrationError(
      `state "${meta.name}" is a ${restored.kind} state in the checkpoint, and a ${meta.kind} state in the program`,
    );
  if (resolveSchemaCompatibility(meta.serializer, restored.serializer) === 'incompatible')
    throw new StateMigrationError(
      `state "${meta.name}" was written by ${shown(restored.serializer)}, which the program's ${shown(meta.serializer)} cannot read`,
    );
}

function shown({ name, version }: SerializerSnapshot): string {
  return `serializer "${name}" version ${version}`;
}

function serializerOf(descriptor: StateDescriptor): TypeSerializer<unknown> {
  return (descriptor.serializer as TypeSerializer<unknown> | undefined) ?? plainSerializer;
}

/** A value, an element of a list, or a value of a map. */
interface Part {
  write(value: unknown, out: BinaryWriter): void;
  read(from: BinaryReader, version: number, stamped: boolean): unknown;
}

function plainPart(serializer: TypeSerializer<unknown>): Part {
  return {
    write: (value, out) => serializer.write(value, out),
    read: (from, version, stamped) => {
      if (stamped) from.double();
      return serializer.read(from, version);
    },
  };
}

function stampedPart(serializer: TypeSerializer<unknown>, clock: () => number): Part {
  return {
    write: (value, out) => {
      const stamped = value as Stamped<unknown>;
      out.double(stamped.at);
      serializer.write(stamped.value, out);
    },
    read: (from, version, stamped): Stamped<unknown> => {
      const at = stamped ? from.double() : clock();
      return { at, value: serializer.read(from, version) };
    },
  };
}

function shapeOf(descriptor: StateDescriptor, part: Part): Part {
  switch (descriptor.kind) {
    case 'list':
      return listOf(part);
    case 'map':
      return mapOf(part);
    default:
      return part;
  }
}

function listOf(part: Part): Part {
  return {
    write: (value, out) => {
      const list = value as readonly unknown[];
      out.uint(list.length);
      for (const element of list) part.write(element, out);
    },
    read: (from, version, stamped) => Array.from({ length: from.uint() }, () => part.read(from, version, stamped)),
  };
}

/** Keys of entries are plain values. */
function mapOf(part: Part): Part {
  return {
    write: (value, out) => {
      const map = value as ReadonlyMap<unknown, unknown>;
      out.uint(map.size);
      for (const [key, element] of map) {
        plainSerializer.write(key, out);
        part.write(element, out);
      }
    },
    read: (from, version, stamped) => {
      const map = new Map<unknown, unknown>();
      for (let left = from.uint(); left > 0; left--) {
        const key = plainSerializer.read(from, 1);
        map.set(key, part.read(from, version, stamped));
      }
      return map;
    },
  };
}
