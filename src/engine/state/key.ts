/** A key's typed identity: 1 is not "1"; 1, 1.0 and -0 / 0 are equal; big integers are exact. */
export interface Key {
  /** Equal exactly for equal keys; serves as map key and in alert ids. */
  readonly id: string;
  /** The value as JSON text: a list for a list of expressions, "null" without a key. */
  readonly json: string;
}

/** The one key of a rule without `key`. */
export const NO_KEY: Key = Object.freeze({ id: '', json: 'null' });

/** The key of one value, or undefined when the value cannot be one (null, missing, NaN, object, list). */
export function keyOf(value: unknown): Key | undefined {
  switch (typeof value) {
    case 'string':
      return { id: `s${value}`, json: JSON.stringify(value) };
    case 'number': {
      if (!Number.isFinite(value)) return undefined;
      const text = String(value === 0 ? 0 : value);
      return { id: `n${text}`, json: text };
    }
    case 'bigint':
      return { id: `n${value}`, json: String(value) };
    case 'boolean':
      return { id: `b${value}`, json: String(value) };
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
  return { id: `l${parts.map((part) => `${part.id.length}:${part.id}`).join('')}`, json: `[${parts.map((part) => part.json).join(',')}]` };
}
