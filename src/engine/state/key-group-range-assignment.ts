/**
 * Which operator owns which keys (Flink's KeyGroupRangeAssignment): a key's hash gives its group, groups
 * are dealt to the operators in ranges. State moves between operators in whole groups.
 */

/** Operators that keyed state can ever be spread over. */
export const MAX_MAX_PARALLELISM = 32_768;
const MIN_MAX_PARALLELISM = 128;

/** First and last group, both included. */
export type KeyGroupRange = readonly [first: number, last: number];

/** The group of a key by its 32-bit hash code. */
export function computeKeyGroupForKeyHash(hash: number, maxParallelism: number): number {
  return murmurHash(hash) % maxParallelism;
}

export function computeKeyGroupRangeForOperatorIndex(maxParallelism: number, parallelism: number, index: number): KeyGroupRange {
  const first = Math.floor((index * maxParallelism + parallelism - 1) / parallelism);
  const last = Math.floor(((index + 1) * maxParallelism - 1) / parallelism);
  return [first, last];
}

export function computeOperatorIndexForKeyGroup(maxParallelism: number, parallelism: number, group: number): number {
  return Math.floor((group * parallelism) / maxParallelism);
}

/** Half as much again as the parallelism, as a power of two from 128 to 32768. */
export function computeDefaultMaxParallelism(parallelism: number): number {
  const wanted = parallelism + Math.floor(parallelism / 2);
  const power = 2 ** Math.ceil(Math.log2(wanted));
  return Math.min(Math.max(power, MIN_MAX_PARALLELISM), MAX_MAX_PARALLELISM);
}

/** MurmurHash3, 32 bit, seed 0, of one block of 4 bytes; never negative. */
function murmurHash(code: number): number {
  let k = Math.imul(code, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  k = Math.imul(k, 0x1b873593);
  let h = (k << 13) | (k >>> 19);
  h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  h ^= 4;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h ^= h >>> 16;
  // |-2^31| has no positive counterpart in 32 bits: 0, as in Flink.
  return h === -0x8000_0000 ? 0 : Math.abs(h);
}

/** A 32-bit hash code of a key's identity, as Java's String has it. */
export function hashCode(id: string): number {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (Math.imul(hash, 31) + id.charCodeAt(i)) | 0;
  return hash;
}
