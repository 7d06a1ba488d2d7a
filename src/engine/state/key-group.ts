/** Key groups of a job: the unit in which state is checkpointed and, later, redistributed (Flink's maxParallelism). */
export const KEY_GROUPS = 128;

/** FNV-1a over the UTF-16 code units of a key's identity, 32 bits. */
export function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The group of a key by its hash. */
export function groupOf(hash: number): number {
  return hash % KEY_GROUPS;
}
