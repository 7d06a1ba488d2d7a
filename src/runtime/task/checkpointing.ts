import type { RuleDefinition } from '../../engine/rule/definition.js';
import { ReleaseBuffer } from '../release/release-buffer.js';
import { BEFORE_ALL } from '../release/release-order.js';
import { SnapshotReader } from './snapshot.js';
import type { StreamTask } from './stream-task.js';
import { type BufferMeta, fromMeta, type PartitionMeta, type RuleMeta, type TaskMeta, toMeta } from './task-meta.js';

/** A checkpoint of the task between two events: what changed, and where everything stands. */
export function takeSnapshot(
  task: StreamTask,
  checkpoint: number,
): { meta: TaskMeta; segments: Uint8Array[]; oldestNeeded: number; neededOffsets: Record<string, number> } {
  const { segments, oldestNeeded } = task.snapshotter.take(checkpoint, task.operators());
  const partitions = partitionMetas(task);
  const meta: TaskMeta = {
    format: 1,
    journalSequence: task.journalSequence,
    partitions,
    buffers: [...task.buffers].map(bufferMeta),
    rules: ruleMetas(task),
    streams: [...task.streams.streams].map(([name, { version }]) => ({ name, version })),
    poison: [...task.guard.poison.values()],
    poisonDeadlines: [...task.guard.poisonDeadlines],
    ledger: task.snapshotter.ledger,
  };
  const neededOffsets = Object.fromEntries(partitions.map(({ stream, partition, reread }) => [`${stream}/${partition}`, reread]));
  return { meta, segments, oldestNeeded, neededOffsets };
}

/** Builds the task's streams, rules and buffers as the checkpoint had them; keyed state follows by segments. */
export function restoreMeta(task: StreamTask, meta: TaskMeta, definition: (rule: string, version: number) => RuleDefinition): void {
  task.journalSequence = meta.journalSequence;
  task.restoreLedger(meta.ledger);
  const starts = Object.fromEntries(meta.partitions.map(({ stream, partition, nextOffset }) => [`${stream}/${partition}`, nextOffset]));
  for (const { name, version } of meta.streams) task.putStream(name, version, starts);
  for (const each of meta.partitions) restorePartition(task, each);
  for (const each of meta.buffers) restoreBuffer(task, each);
  for (const { rule, version, status, counters } of meta.rules) {
    const running = task.rules.activate(definition(rule, version), version, status === 'shadow' ? 'shadow' : 'active').rule;
    running.status = status;
    Object.assign(running.operator.counters, counters);
    if (status !== 'paused') task.buffers.ensure(running.compiled.definition.from, task.positions()).operators.push(running.operator);
    running.operator.clearChanges();
  }
  for (const poison of meta.poison) task.guard.addPoison(poison);
  for (const poison of meta.poisonDeadlines ?? []) task.guard.addPoisonDeadline(poison);
  // Everything is held until each partition has been read up to there again.
  task.reading.addBarrier(task.positions(), () => {});
}

/** Applies the segments of a checkpoint, in order. */
export function segmentReader(task: StreamTask): SnapshotReader {
  return new SnapshotReader(new Map(task.operators().map((operator) => [operator.id, operator])));
}

function partitionMetas(task: StreamTask): PartitionMeta[] {
  return [...task.streams.partitions.values()].map(({ clock }) => {
    const { stream, partition, nextOffset, maxTime, floor, idle, events, late, duplicates } = clock;
    let reread = nextOffset;
    for (const buffer of task.buffers) reread = Math.min(reread, buffer.oldestOffset(stream, partition) ?? nextOffset);
    for (const offset of clock.skipped) if (offset < reread) clock.skipped.delete(offset);
    return {
      stream,
      partition,
      nextOffset,
      maxTime: toMeta(maxTime),
      floor: toMeta(floor),
      idle,
      events,
      late,
      duplicates,
      reread,
      skipped: [...clock.skipped],
    };
  });
}

function bufferMeta({ streams, startOffsets, frontier, watermark }: ReleaseBuffer): BufferMeta {
  const { time, stream, partition, offset } = frontier;
  return { streams, startOffsets, frontier: { time: toMeta(time), stream, partition, offset }, watermark: toMeta(watermark) };
}

function ruleMetas(task: StreamTask): RuleMeta[] {
  return [...task.rules.rules.values()].map(({ compiled, status, operator }) => ({
    rule: compiled.id,
    version: compiled.version,
    status,
    counters: { ...operator.counters },
  }));
}

function restorePartition(task: StreamTask, meta: PartitionMeta): void {
  const name = `${meta.stream}/${meta.partition}`;
  const found = task.streams.partitions.get(name);
  if (found === undefined) return;
  const { nextOffset, idle, events, late, duplicates } = meta;
  Object.assign(found.clock, {
    nextOffset,
    idle,
    events,
    late,
    duplicates,
    maxTime: fromMeta(meta.maxTime),
    floor: fromMeta(meta.floor),
    skipped: new Set(meta.skipped),
  });
  task.reading.startAgain(name, meta.reread);
}

function restoreBuffer(task: StreamTask, meta: BufferMeta): void {
  const buffer = task.buffers.add(new ReleaseBuffer(meta.streams, { ...meta.startOffsets }));
  const { time, stream, partition, offset } = meta.frontier;
  buffer.frontier = time === null ? BEFORE_ALL : { time, stream: stream ?? 0, partition: partition ?? 0, offset: offset ?? 0 };
  buffer.watermark = fromMeta(meta.watermark);
}
