import { shown } from '../problem/problem.js';
import type { FieldType, StreamDefinition } from './definition.js';
import type { EventFault } from './event-time.js';

const IS: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  double: (value) => typeof value === 'number' || typeof value === 'bigint',
  // Numbers pass: a field of type string takes a number by its source text (7 digits of a customer are a name).
  string: (value) => typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint',
  boolean: (value) => typeof value === 'boolean',
  list: Array.isArray,
  object: (value) => typeof value === 'object' && !Array.isArray(value),
};

/** The first field whose type is not the schema's; null, missing and further fields are allowed. */
export function checkFields(value: Readonly<Record<string, unknown>>, stream: StreamDefinition): EventFault | undefined {
  if (stream.fields === undefined) return undefined;
  for (const name of Object.keys(stream.fields)) {
    const wrong = checkField(name, stream.fields[name], Object.hasOwn(value, name) ? value[name] : undefined);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** `found` is undefined where the event has no such field. */
export function checkField(name: string, type: FieldType, found: unknown): EventFault | undefined {
  if (found === undefined || found === null || IS[type](found)) return undefined;
  return { code: 'wrong-field-type', message: `\`${name}\` must be of type ${type}: ${shown(found)}` };
}
