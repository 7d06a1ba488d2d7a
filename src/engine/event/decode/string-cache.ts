const ENTRIES = 1 << 16;
/** Longer texts are seldom seen twice. */
const MAX_BYTES = 32;

/**
 * Strings of ASCII bytes, where the same ones come again and again: types, countries, keys. A string met
 * before is found by its bytes, without making it; equal strings are then mostly one object, which makes
 * comparing and hashing them cheap. Direct mapped: at most ENTRIES short strings are held.
 */
export class StringCache {
  readonly #entries: string[] = new Array<string>(ENTRIES).fill('');
  /** Beside the strings, so that one that is not held costs no look at another. */
  readonly #hashes = new Int32Array(ENTRIES);

  of(bytes: Uint8Array, start: number, end: number): string {
    if (end - start > MAX_BYTES) return ascii(bytes, start, end);
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
    const index = (hash ^ (hash >>> 15)) & (ENTRIES - 1);
    if (this.#hashes[index] === hash) {
      const known = this.#entries[index];
      if (equals(known, bytes, start, end)) return known;
    }
    this.#hashes[index] = hash;
    return (this.#entries[index] = ascii(bytes, start, end));
  }
}

function equals(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.prototype.latin1Slice.call(bytes, start, end);
}
