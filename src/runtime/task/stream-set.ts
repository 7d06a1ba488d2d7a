import type { Event } from '../../engine/event/event.js';
import type { FieldLayout } from '../../engine/event/field-layout.js';
import { CelError } from '../../engine/event/cel-error.js';
import { type CompiledExpression, ExpressionTableBuilder } from '../../engine/expr/index.js';
import type { StreamDefinition } from '../../engine/rule/definition.js';
import type { Positions } from '../ports/outputs.js';
import { PartitionClock, partitionName } from '../release/partition-clock.js';
import { Dedupe } from './dedupe.js';

/** One partition as the task reads it. */
export interface Partition {
  readonly clock: PartitionClock;
  readonly definition: StreamDefinition;
  dedupe: Dedupe | undefined;
}

interface RunningStream {
  readonly definition: StreamDefinition;
  readonly version: number;
  readonly idOf: CompiledExpression | undefined;
}

/** The streams of a task and their partitions. */
export class StreamSet {
  readonly streams = new Map<string, RunningStream>();
  readonly partitions = new Map<string, Partition>();

  constructor(readonly layout: FieldLayout) {}

  put(definition: StreamDefinition, version: number, starts: Positions): void {
    this.streams.set(definition.name, { definition, version, idOf: this.#compileId(definition) });
    for (const { clock } of this.partitions.values())
      if (clock.stream === definition.name) clock.outOfOrderness = definition.outOfOrderness;
    const known = this.partitionsOf(definition.name).map(({ clock }) => clock.partition);
    for (const partition of numbersOf(definition, starts, known)) this.#ensure(definition, partition, starts, known.length > 0);
  }

  delete(name: string): void {
    this.streams.delete(name);
    for (const [id, { clock }] of this.partitions) if (clock.stream === name) this.partitions.delete(id);
  }

  partitionsOf(stream: string): Partition[] {
    return [...this.partitions.values()].filter(({ clock }) => clock.stream === stream);
  }

  hasId(stream: string): boolean {
    return this.streams.get(stream)?.idOf !== undefined;
  }

  /** The `id` expression's text for the event; undefined when there is none or it gives none. */
  idOf(event: Event): string | undefined {
    const value = this.streams.get(event.stream)?.idOf?.(event, null);
    return value === undefined || value === null || value instanceof CelError || typeof value === 'object' ? undefined : String(value);
  }

  /** A partition added later stands aside until its first event: it must not hold back what has gone on without it. */
  #ensure(definition: StreamDefinition, partition: number, starts: Positions, later: boolean): void {
    const name = partitionName(definition.name, partition);
    const known = this.partitions.get(name);
    const clock = known?.clock ?? new PartitionClock(definition.name, partition, definition.outOfOrderness);
    if (known === undefined) Object.assign(clock, { nextOffset: starts[name] ?? 0, idle: later });
    const keepFor = definition.dedupe?.for;
    const dedupe =
      keepFor === undefined ? undefined : known?.dedupe?.keepFor === keepFor ? known.dedupe : new Dedupe(`dedupe:${name}`, keepFor);
    this.partitions.set(name, { clock, definition, dedupe });
  }

  #compileId({ id }: StreamDefinition): CompiledExpression | undefined {
    if (id === undefined) return undefined;
    const table = new ExpressionTableBuilder(this.layout);
    const number = table.add(id, { event: true, steps: [] });
    return table.build().functions[number];
  }
}

/** Of HTTP the document tells how many there are; Kafka's are those that the journal names. */
function numbersOf({ name, source }: StreamDefinition, starts: Positions, known: readonly number[]): number[] {
  if (source.kind === 'http') return Array.from({ length: source.partitions }, (_, partition) => partition);
  const named = Object.keys(starts).flatMap((each) => (each.startsWith(`${name}/`) ? [Number(each.slice(name.length + 1))] : []));
  return [...new Set([...known, ...named])].sort((a, b) => a - b);
}
