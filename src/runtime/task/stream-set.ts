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
    const count = definition.source.kind === 'http' ? definition.source.partitions : 0;
    for (let partition = 0; partition < count; partition++) this.#ensure(definition, partition, starts);
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

  #ensure(definition: StreamDefinition, partition: number, starts: Positions): void {
    const name = partitionName(definition.name, partition);
    const known = this.partitions.get(name);
    const clock = known?.clock ?? new PartitionClock(definition.name, partition, definition.outOfOrderness);
    if (known === undefined) clock.nextOffset = starts[name] ?? 0;
    const keepFor = definition.dedupe?.for;
    const dedupe =
      keepFor === undefined ? undefined : known?.dedupe?.keepFor === keepFor ? known.dedupe : new Dedupe(`dedupe:${name}`, keepFor);
    this.partitions.set(name, { clock, dedupe });
  }

  #compileId({ id }: StreamDefinition): CompiledExpression | undefined {
    if (id === undefined) return undefined;
    const table = new ExpressionTableBuilder(this.layout);
    const number = table.add(id, { event: true, steps: [] });
    return table.build().functions[number];
  }
}
