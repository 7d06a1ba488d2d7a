import type { JournalPayload } from '../ports/outputs.js';
import type { PartitionClock } from '../release/partition-clock.js';
import type { ClockView, ReleaseBuffer } from '../release/release-buffer.js';
import type { StreamSet } from './stream-set.js';

/** What the main thread knows of a stream's silence; monotonic time, so no clock is read here. */
export interface StreamQuiet {
  readonly stream: string;
  /** ms since the last arrival, start, reconnect, catching up, or our own refusal; undefined while not caught up. */
  readonly elapsed: number | undefined;
  /** Partitions that are empty or caught up, with their end offset and for how many ms. */
  readonly caughtUp: readonly { readonly partition: number; readonly endOffset: number; readonly elapsed: number }[];
  /** Partitions whose source has given nothing for too long although there is more, and how far they have been read. */
  readonly stalled: readonly { readonly partition: number; readonly position: number }[];
}

/**
 * The entries that idle and stalled partitions and the quiet clock call for now: only those of buffers in which
 * they release an event or fire a deadline, so an idle service journals nothing.
 */
export function planAdvance(buffers: Iterable<ReleaseBuffer>, streams: StreamSet, quiet: readonly StreamQuiet[]): JournalPayload[] {
  const idle = idleCandidates(streams, quiet);
  const stalled = stallCandidates(streams, quiet);
  const watermarks = quietCandidates(streams, quiet);
  const plan = new Map<string, JournalPayload>();
  for (const buffer of buffers) {
    const leaving = buffer.continues ? new Set([...idle, ...stalled]) : idle;
    const withoutThem: ClockView = { aside: (clock) => leaving.has(clock), watermark: () => -Infinity };
    const asQuiet: ClockView = { aside: withoutThem.aside, watermark: (clock) => watermarks.get(clock.stream) ?? -Infinity };
    const moves = buffer.wouldMove(withoutThem) || buffer.wouldMove(asQuiet);
    if (!moves) continue;
    for (const clock of leaving) {
      const { stream, partition } = clock;
      const kind = idle.has(clock) ? 'partition-idle' : 'partition-stalled';
      if (buffer.hasClock(clock)) plan.set(`${kind} ${stream}/${partition}`, { kind, stream, partition });
    }
    if (buffer.wouldMove(withoutThem)) continue;
    for (const stream of buffer.streams) {
      const watermark = watermarks.get(stream);
      if (watermark !== undefined) plan.set(`quiet ${stream}`, { kind: 'time-advanced', stream, watermark, cause: 'quiet' });
    }
  }
  return [...plan.values()];
}

/** Stalled partitions that turn out to have been read to their ends: nothing more will come to wake them. */
export function* noLongerStalled(streams: StreamSet, quiet: readonly StreamQuiet[]): Iterable<PartitionClock> {
  for (const { stream, caughtUp } of quiet) {
    for (const { partition, endOffset } of caughtUp) {
      const clock = streams.partitions.get(`${stream}/${partition}`)?.clock;
      if (clock?.stalled && clock.nextOffset === endOffset) yield clock;
    }
  }
}

function stallCandidates(streams: StreamSet, quiet: readonly StreamQuiet[]): Set<PartitionClock> {
  const stalls = new Set<PartitionClock>();
  for (const { stream, stalled } of quiet) {
    for (const { partition, position } of stalled) {
      const clock = streams.partitions.get(`${stream}/${partition}`)?.clock;
      if (clock !== undefined && !clock.idle && !clock.stalled && clock.nextOffset === position) stalls.add(clock);
    }
  }
  return stalls;
}

function idleCandidates(streams: StreamSet, quiet: readonly StreamQuiet[]): Set<PartitionClock> {
  const idle = new Set<PartitionClock>();
  for (const { stream, caughtUp } of quiet) {
    const idleAfter = streams.streams.get(stream)?.definition.idleAfter ?? null;
    if (idleAfter === null) continue;
    for (const { partition, endOffset, elapsed } of caughtUp) {
      const clock = streams.partitions.get(`${stream}/${partition}`)?.clock;
      if (clock !== undefined && !clock.idle && elapsed >= idleAfter && clock.nextOffset === endOffset) idle.add(clock);
    }
  }
  return idle;
}

/** Per stream: max time + elapsed − out-of-orderness − 1, when all its partitions are caught up and quiet. */
function quietCandidates(streams: StreamSet, quiet: readonly StreamQuiet[]): Map<string, number> {
  const watermarks = new Map<string, number>();
  for (const { stream, elapsed, caughtUp } of quiet) {
    const definition = streams.streams.get(stream)?.definition;
    if (definition === undefined || definition.quietAfter === null || elapsed === undefined || elapsed < definition.quietAfter) continue;
    const partitions = streams.partitionsOf(stream);
    const ends = new Map(caughtUp.map(({ partition, endOffset }) => [partition, endOffset]));
    if (!partitions.every(({ clock }) => ends.get(clock.partition) === clock.nextOffset)) continue;
    const maxTime = Math.max(...partitions.map(({ clock }) => clock.maxTime));
    if (maxTime > -Infinity) watermarks.set(stream, Math.floor(maxTime + elapsed) - definition.outOfOrderness - 1);
  }
  return watermarks;
}
