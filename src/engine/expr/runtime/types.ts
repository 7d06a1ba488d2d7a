import { CelError } from '../../event/cel-error.js';
import { CelType, isError, plain, typeName } from './values.js';

/** Types by the names that expressions have for them; integers and doubles are one. */
const TYPES = new Map(
  ['bool', 'bytes', 'double', 'list', 'map', 'null_type', 'string', 'type', 'google.protobuf.Timestamp', 'google.protobuf.Duration'].map(
    (name) => [name, new CelType(name)],
  ),
);

/** By typeName, where CEL has another name. */
const CEL_NAMES: Readonly<Record<string, string>> = {
  number: 'double',
  null: 'null_type',
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
};

/** The type of this name, if there is one. */
export function typeNamed(name: string): CelType | undefined {
  return TYPES.get(name === 'int' ? 'double' : name);
}

export function type(v: unknown): unknown {
  const value = plain(v);
  if (isError(value)) return value;
  const name = typeName(value);
  return typeNamed(CEL_NAMES[name] ?? name);
}

/** A bare name that is both a field's and a type's: the event's field if it has one. */
export function fieldOrType(field: unknown, named: CelType): unknown {
  return isError(field) && field.missing ? named : field;
}

/** Types are compared with types only: a type beside anything else is the name of a field that is not there. */
export function notAType(a: unknown, b: unknown): CelError | undefined {
  const [named, other] = a instanceof CelType ? [a, b] : [b as CelType, a];
  return other instanceof CelType
    ? undefined
    : new CelError(`no such field: ${named.name}; as a type it is not comparable with ${typeName(plain(other))}`);
}
