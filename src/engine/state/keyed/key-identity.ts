/**
 * A key's typed identity for programs: 1 is not "1", 0 and -0 are equal, lists and plain objects are
 * compared by what they hold. Equal texts exactly for equal keys.
 * @throws TypeError for undefined, NaN, functions and symbols, which cannot be keys
 */
export function identify(key: unknown): string {
  switch (typeof key) {
    case 'string':
      return `s${key}`;
    case 'number':
      if (Number.isNaN(key)) break;
      return `n${key === 0 ? 0 : key}`;
    case 'bigint':
      return `n${key}`;
    case 'boolean':
      return `b${key}`;
    case 'object':
      if (key === null) return 'z';
      return Array.isArray(key)
        ? composite('l', key)
        : composite(
            'o',
            Object.entries(key)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .flat(),
          );
  }
  throw new TypeError(`${String(key)} cannot be a key`);
}

/** Lengths before the parts keep ["a", "bc"] and ["ab", "c"] apart. */
function composite(tag: string, parts: readonly unknown[]): string {
  return (
    tag +
    parts
      .map((part) => identify(part))
      .map((id) => `${id.length}:${id}`)
      .join('')
  );
}
