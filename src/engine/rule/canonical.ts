/**
 * JSON with sorted keys and without absent values: two definitions that mean the same give the same text.
 * @throws TypeError for what JSON cannot say (functions, BigInts): definitions hold none
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
