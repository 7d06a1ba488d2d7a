/** A key's typed identity: 1 is not "1"; 1, 1.0 and -0 / 0 are equal; big integers are exact. */
export class Key {
  #id: string | undefined;

  /** Of the value, if the identity is not given: the text is made when it is asked for, which most events' keys never are. */
  constructor(
    id: string | undefined,
    private readonly value?: unknown,
  ) {
    this.#id = id;
  }

  /** Equal exactly for equal keys; serves as map key and in alert ids. */
  get id(): string {
    return (this.#id ??= Array.isArray(this.value) ? idOfAll(this.value) : idOf(this.value));
  }

  /** The value as JSON text: a list for a list of expressions, "null" without a key. */
  get json(): string {
    return this.id === '' ? 'null' : jsonOf(this.id);
  }
}

/** The one key of a rule without `key`. */
export const NO_KEY = new Key('');

/** The key of one value, or undefined when the value cannot be one (null, missing, NaN, object, list). */
export function keyOf(value: unknown): Key | undefined {
  return isUsable(value) ? new Key(undefined, value) : undefined;
}

/** Whether the value can be a key. */
export function isKeyValue(value: unknown): boolean {
  return typeof value === 'number'
    ? Number.isFinite(value)
    : typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean';
}

/** The key of several values; undefined when one of them cannot be part of a key. The list is the key's from now on. */
export function keyOfAll(values: readonly unknown[]): Key | undefined {
  for (let i = 0; i < values.length; i++) if (!isUsable(values[i])) return undefined;
  return new Key(undefined, values);
}

function isUsable(value: unknown): boolean {
  const type = typeof value;
  return type === 'string' || (type === 'number' ? Number.isFinite(value) : type === 'bigint' || type === 'boolean');
}

function idOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `s${value}`;
    case 'boolean':
      return `b${value}`;
    default:
      return `n${value === 0 ? 0 : value}`;
  }
}

/** Lengths before the parts keep ["a", "bc"] and ["ab", "c"] apart. */
function idOfAll(values: readonly unknown[]): string {
  let id = 'l';
  for (const value of values) {
    const part = idOf(value);
    id += `${part.length}:${part}`;
  }
  return id;
}

function jsonOf(id: string): string {
  if (id[0] === 's') return JSON.stringify(id.slice(1));
  if (id[0] !== 'l') return id.slice(1);
  const parts: string[] = [];
  for (let at = 1; at < id.length; ) {
    const start = id.indexOf(':', at) + 1;
    const end = start + Number(id.slice(at, start - 1));
    parts.push(jsonOf(id.slice(start, end)));
    at = end;
  }
  return `[${parts.join(',')}]`;
}
