import { Event } from '../../engine/event/event.js';
import { FieldLayout } from '../../engine/event/field-layout.js';
import { ExpressionTableBuilder } from '../../engine/expr/index.js';
import type { StreamDefinition } from '../../engine/rule/definition.js';
import { keyOf } from '../../engine/state/key.js';

/** Which log partition an event belongs to, by its content alone, so that a retry decides the same. */
export type Partitioner = (raw: Buffer) => number;

/**
 * By the hash of `partitionedBy`; by the hash of all bytes for streams without it. Events without a usable key go to
 * partition 0.
 */
export function partitionerOf({ source, partitionedBy }: StreamDefinition): Partitioner {
  const partitions = source.kind === 'http' ? source.partitions : 1;
  if (partitions === 1) return () => 0;
  if (partitionedBy === undefined) return (raw) => fnv1a(raw) % partitions;
  const layout = new FieldLayout();
  const table = new ExpressionTableBuilder(layout);
  const number = table.add(partitionedBy, { event: true, steps: [] });
  const evaluate = table.build().functions[number];
  return (raw) => {
    const key = keyOf(evaluate(new Event(layout, '', 0, 0, 0, raw, layout.decode(raw)), null));
    return key === undefined ? 0 : fnv1a(Buffer.from(key.id)) % partitions;
  };
}

/** FNV-1a, 32 bits (Fowler, Noll, Vo). */
function fnv1a(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
