/** A key's typed identity: 1 is not "1"; 1, 1.0 and -0 / 0 are equal; big integers are exact. */
export class Key {
  constructor(
    /** Equal exactly for equal keys; serves as map key and in alert ids. */
    readonly id: string,
  ) {}

  /** The value as JSON text: a list for a list of expressions, "null" without a key. */
  get json(): string {
    return this.id === '' ? 'null' : jsonOf(this.id);
  }
}

/** The one key of a rule without `key`. */
export const NO_KEY: Key = Object.freeze(new Key(''));

/** The key of one value, or undefined when the value cannot be one (null, missing, NaN, object, list). */
export function keyOf(value: unknown): Key | undefined {
  switch (typeof value) {
    case 'string':
      return new Key(`s${value}`);
    case 'number':
      return Number.isFinite(value) ? new Key(`n${value === 0 ? 0 : value}`) : undefined;
    case 'bigint':
      return new Key(`n${value}`);
    case 'boolean':
      return new Key(`b${value}`);
    default:
      return undefined;
  }
}

/** The key of several values; undefined when one of them cannot be part of a key. */
export function keyOfAll(values: readonly unknown[]): Key | undefined {
  const parts: Key[] = [];
  for (const value of values) {
    const part = keyOf(value);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  // Lengths before the parts keep ["a", "bc"] and ["ab", "c"] apart.
  return new Key(`l${parts.map(({ id }) => `${id.length}:${id}`).join('')}`);
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
