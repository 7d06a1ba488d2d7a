import type { BinaryReader, BinaryWriter } from '../binary.js';

/**
 * How values of a type are written into checkpoints (Flink's TypeSerializer). Name and version are kept with the
 * state: bytes of another name are refused, those of an older version are given to `read` with it.
 */
export interface TypeSerializer<T> {
  /** Names the format. */
  readonly name: string;
  /** Of the format, from 1; raised when it changes. */
  readonly version: number;
  write(value: T, out: BinaryWriter): void;
  /** @param version with which the bytes were written: this one's or an older one */
  read(from: BinaryReader, version: number): T;
}

/** What a checkpoint knows of a serializer (Flink's TypeSerializerSnapshot). */
export interface SerializerSnapshot {
  readonly name: string;
  readonly version: number;
}

/** Whether state that was written so can be read (Flink's TypeSerializerSchemaCompatibility). */
export type SchemaCompatibility = 'compatibleAsIs' | 'compatibleAfterMigration' | 'incompatible';

export function resolveSchemaCompatibility(serializer: SerializerSnapshot, restored: SerializerSnapshot): SchemaCompatibility {
  if (serializer.name !== restored.name || restored.version > serializer.version) return 'incompatible';
  return restored.version === serializer.version ? 'compatibleAsIs' : 'compatibleAfterMigration';
}

/** State of a checkpoint does not fit the program (Flink's StateMigrationException). */
export class StateMigrationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StateMigrationError';
  }
}
