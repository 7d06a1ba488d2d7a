import { createHash } from 'node:crypto';

/**
 * Text as a PostgreSQL text column takes it: NUL and lone surrogates, which UTF-8 in PostgreSQL cannot hold,
 * become JSON escapes. JSON text keeps its meaning by this.
 */
export function storableText(text: string): string {
  return text.replace(/[\0\p{Surrogate}]/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** SHA-256 over the UTF-16 code units: exact for every string, and short enough for an index. */
export function textHash(text: string): Buffer {
  return createHash('sha256').update(text, 'utf16le').digest();
}

const NON_FINITE = '$number';

/** JSON bytes; unlike JSON.stringify alone it keeps -Infinity, Infinity and NaN, and never fails on lone surrogates. */
export function toJsonBytes(value: unknown): Buffer {
  const keep = (_: string, item: unknown) => (typeof item === 'number' && !Number.isFinite(item) ? { [NON_FINITE]: String(item) } : item);
  return Buffer.from(JSON.stringify(value, keep));
}

/** The inverse of toJsonBytes. */
export function fromJsonBytes<T>(bytes: Uint8Array): T {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(), (_, item) =>
    item !== null && typeof item === 'object' && typeof item[NON_FINITE] === 'string' ? Number(item[NON_FINITE]) : item,
  ) as T;
}
