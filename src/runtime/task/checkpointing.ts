import type { RuleDefinition } from '../../engine/rule/definition.js';
import { ReleaseBuffer } from '../release/release-buffer.js';
import { BEFORE_ALL } from '../release/release-order.js';
import { type Snapshot, SnapshotReader } from './snapshot.js';
import type { StreamTask } from './stream-task.js';
import { type BufferMeta, fromMeta, META_FORMAT, type PartitionMeta, type RuleMeta, type TaskMeta, toMeta } from './task-meta.js';

/** What a checkpoint of a task holds. */
export interface TaskSnapshot extends Snapshot {
  readonly meta: TaskMeta;
  /** Per stream/partition the lowest offset that recovery reads again. */
  readonly neededOffsets: Record<string, number>;
}

/**
 * The barrier of a checkpoint, between two events: where everything stands, while changed keys are only
 * marked. The function returned looks at up to so many of them, and gives the checkpoint when all are
 * written; it is to be called between batches until it does.
 */
export function beginSnapshot(task: StreamTask, checkpoint: number): (keys: number) => TaskSnapshot | undefined {
  const partitions = partitionMetas(task);
  const standing = {
    format: META_FORMAT as typeof META_FORMAT,
    journalSequence: task.journalSequence,
    partitions,
    buffers: [...task.buffers].map(bufferMeta),
    rules: ruleMetas(task),
    nextRuleNumber: task.rules.nextNumber,
    streams: [...task.streams.streams].map(([name, { version }]) => ({ name, version })),
    lists: task.lists.versions(),
    poison: [...task.guard.poison.values()],
    poisonDeadlines: [...task.guard.poisonDeadlines],
  };
  const neededOffsets = Object.fromEntries(partitions.map(({ stream, partition, reread }) => [`${stream}/${partition}`, reread]));
  const { snapshotter } = task;
  snapshotter.begin(checkpoint, task.operators());
  return (keys) => {
    const snapshot = snapshotter.continue(keys);
    return snapshot && { ...snapshot, neededOffsets, meta: { ...standing, ledger: snapshotter.ledger } };
  };
}

/** A checkpoint in one go. */
export function takeSnapshot(task: StreamTask, checkpoint: number): TaskSnapshot {
  return beginSnapshot(task, checkpoint)(Infinity) as TaskSnapshot;
}

/** Builds the task's streams, rules and buffers as the checkpoint had them; keyed state follows by segments. */
export function restoreMeta(task: StreamTask, meta: TaskMeta, definition: (rule: string, version: number) => RuleDefinition): void {
  if (meta.format !== META_FORMAT) throw new Error(`the checkpoint has format ${String(meta.format)}; this release reads ${META_FORMAT}`);
  task.journalSequence = meta.journalSequence;
  task.restoreLedger(meta.ledger);
  const starts = Object.fromEntries(meta.partitions.map(({ stream, partition, nextOffset }) => [`${stream}/${partition}`, nextOffset]));
  for (const { list, version } of meta.lists ?? []) task.putList(list, version);
  for (const { name, version } of meta.streams) task.putStream(name, version, starts);
  for (const each of meta.partitions) restorePartition(task, each);
  for (const each of meta.buffers) restoreBuffer(task, each);
  for (const each of meta.rules) restoreRule(task, each, definition(each.rule, each.version));
  task.rules.nextNumber = meta.nextRuleNumber;
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
    const { stream, partition, nextOffset, maxTime, floor, idle, stalled, stallFloor, events, late, duplicates } = clock;
    let reread = nextOffset;
    for (const buffer of task.buffers) reread = Math.min(reread, buffer.oldestOffset(stream, partition) ?? nextOffset);
    for (const offsets of [clock.skipped, clock.skippedByContinuing])
      for (const offset of offsets) if (offset < reread) offsets.delete(offset);
    return {
      stream,
      partition,
      nextOffset,
      maxTime: toMeta(maxTime),
      floor: toMeta(floor),
      idle,
      stalled,
      stallFloor: toMeta(stallFloor),
      events,
      late,
      duplicates,
      reread,
      skipped: [...clock.skipped],
      skippedByContinuing: [...clock.skippedByContinuing],
    };
  });
}

function bufferMeta({ streams, onStall, startOffsets, frontier, watermark }: ReleaseBuffer): BufferMeta {
  const { time, stream, partition, offset } = frontier;
  return { streams, onStall, startOffsets, frontier: { time: toMeta(time), stream, partition, offset }, watermark: toMeta(watermark) };
}

function ruleMetas(task: StreamTask): RuleMeta[] {
  return [...task.rules.rules.values()].map(({ compiled, status, hosted }) => ({
    rule: compiled.id,
    version: compiled.version,
    number: hosted.number,
    status,
    counters: { ...hosted.counters },
  }));
}

function restoreRule(task: StreamTask, { version, number, status, counters }: RuleMeta, definition: RuleDefinition): void {
  const { operator, hosted } = task.rules.restore(definition, version, status, number);
  hosted.restoreCounters(counters);
  if (status !== 'paused') task.buffers.join(operator, definition, task.positions());
}

function restorePartition(task: StreamTask, meta: PartitionMeta): void {
  const name = `${meta.stream}/${meta.partition}`;
  const found = task.streams.partitions.get(name);
  if (found === undefined) return;
  const { nextOffset, idle, stalled, events, late, duplicates } = meta;
  Object.assign(found.clock, {
    nextOffset,
    idle,
    stalled,
    events,
    late,
    duplicates,
    maxTime: fromMeta(meta.maxTime),
    floor: fromMeta(meta.floor),
    stallFloor: fromMeta(meta.stallFloor),
    skipped: new Set(meta.skipped),
    skippedByContinuing: new Set(meta.skippedByContinuing),
  });
  task.reading.startAgain(name, meta.reread);
}

function restoreBuffer(task: StreamTask, meta: BufferMeta): void {
  const buffer = task.buffers.add(new ReleaseBuffer(meta.streams, { ...meta.startOffsets }, meta.onStall));
  const { time, stream, partition, offset } = meta.frontier;
  buffer.frontier = time === null ? BEFORE_ALL : { time, stream: stream ?? 0, partition: partition ?? 0, offset: offset ?? 0 };
  buffer.watermark = fromMeta(meta.watermark);
}
