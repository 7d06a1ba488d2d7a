import type { FieldType, StreamDefinition } from './definition.js';

/**
 * The fields that an expression over all these streams may read. Undefined when nothing can be checked:
 * a stream is unknown or has no schema, or two streams give a field different types.
 */
export function commonSchema(streams: readonly (StreamDefinition | undefined)[]): Readonly<Record<string, FieldType>> | undefined {
  const schema = new Map<string, FieldType>();
  for (const stream of streams) {
    if (stream?.fields === undefined) return undefined;
    for (const [name, type] of Object.entries(stream.fields)) {
      if ((schema.get(name) ?? type) !== type) return undefined;
      schema.set(name, type);
    }
  }
  return streams.length === 0 ? undefined : Object.fromEntries(schema);
}
