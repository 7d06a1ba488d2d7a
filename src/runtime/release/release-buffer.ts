import type { Event } from '../../engine/event/event.js';
import type { Operator } from '../../engine/operator/operator.js';
import type { OnStall } from '../../engine/rule/definition.js';
import { type PartitionClock, partitionName } from './partition-clock.js';
import { BEFORE_ALL, comparePoints, type ReleasePoint } from './release-order.js';

interface Waiting extends ReleasePoint {
  readonly event: Event;
}

/** For asking "what if": which clocks would stand aside too, and how far their watermarks would be at least. */
export interface ClockView {
  aside(clock: PartitionClock): boolean;
  watermark(clock: PartitionClock): number;
}

const AS_IS: ClockView = { aside: () => false, watermark: () => -Infinity };

/** Up to where events may be released, and up to when deadlines may fire. */
interface Horizon {
  readonly events: ReleasePoint;
  readonly time: number;
}

/**
 * Brings the events of one ordered set of streams into the order of release, and hands each to the rules
 * once no acceptable event can precede it. One buffer per distinct `from` and `onStall`, shared by its rules.
 */
export class ReleaseBuffer {
  /** The last event released; recovery skips what is at or before it. */
  frontier: ReleasePoint = BEFORE_ALL;
  /** All deadlines up to here have fired. */
  watermark = -Infinity;
  readonly operators: Operator[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #clocks: { readonly clock: PartitionClock; readonly stream: number }[] = [];
  /** The first offset of each partition that it takes. */
  readonly #starts = new Map<PartitionClock, number>();

  constructor(
    readonly streams: readonly string[],
    /** Per stream/partition the first offset this buffer takes: it may have been made later than its streams. */
    readonly startOffsets: Record<string, number> = {},
    /** Whether a stalled partition holds it. */
    readonly onStall: OnStall = 'wait',
  ) {}

  get continues(): boolean {
    return this.onStall === 'continue';
  }

  get size(): number {
    return this.#waiting.length;
  }

  addClock(clock: PartitionClock): void {
    this.#clocks.push({ clock, stream: this.streams.indexOf(clock.stream) });
    this.#starts.set(clock, this.startOffsets[partitionName(clock.stream, clock.partition)] ?? 0);
  }

  hasClock(clock: PartitionClock): boolean {
    return this.#starts.has(clock);
  }

  /** Whether it reads the partition's event at the offset. */
  takes(clock: PartitionClock, offset: number): boolean {
    return offset >= (this.#starts.get(clock) ?? Infinity);
  }

  add(event: Event): void {
    const stream = this.streams.indexOf(event.stream);
    this.#push({ time: event.time, stream, partition: event.partition, offset: event.offset, event });
  }

  /** Whether the event had been released already when the checkpoint was taken. */
  released(event: Event): boolean {
    const point = { time: event.time, stream: this.streams.indexOf(event.stream), partition: event.partition, offset: event.offset };
    return comparePoints(point, this.frontier) <= 0;
  }

  /** Releases all it can and fires the deadlines due, in one order that does not depend on batches. */
  release(): void {
    const horizon = this.#horizon(AS_IS);
    let last: Waiting | undefined;
    while (this.#waiting.length > 0 && comparePoints(this.#waiting[0], horizon.events) <= 0) {
      last = this.#pop();
      for (const operator of this.operators) operator.processElement(last.event);
    }
    if (last !== undefined) this.frontier = { time: last.time, stream: last.stream, partition: last.partition, offset: last.offset };
    if (horizon.time <= this.watermark) return;
    this.watermark = horizon.time;
    for (const operator of this.operators) operator.advanceTime(horizon.time);
  }

  /** Whether clocks that read so would release an event or fire a deadline. */
  wouldMove(view: ClockView): boolean {
    const horizon = this.#horizon(view);
    if (this.#waiting.length > 0 && comparePoints(this.#waiting[0], horizon.events) <= 0) return true;
    // What a restored operator still has queued from before fires nothing: only time that goes on does.
    return horizon.time > this.watermark && this.operators.some((operator) => operator.nextDeadline() <= horizon.time);
  }

  /** The least watermark of the partitions that hold it; the greatest of all when every one stepped aside. */
  mergedWatermark(view: ClockView = AS_IS): number {
    return Math.max(this.watermark, this.#horizon(view).time);
  }

  /** At or below this time an event of the waking partition would come after its place in the order. */
  floorFor(clock: PartitionClock): number {
    const stream = this.streams.indexOf(clock.stream);
    const before = stream < this.frontier.stream || (stream === this.frontier.stream && clock.partition < this.frontier.partition);
    return Math.max(this.mergedWatermark(), before ? this.frontier.time : this.frontier.time - 1);
  }

  /** Lowest unreleased offset of a partition, or undefined when nothing of it waits. */
  oldestOffset(stream: string, partition: number): number | undefined {
    let oldest: number | undefined;
    for (const { event } of this.#waiting) {
      if (event.stream === stream && event.partition === partition && (oldest === undefined || event.offset < oldest))
        oldest = event.offset;
    }
    return oldest;
  }

  #horizon(view: ClockView): Horizon {
    const active = this.#clocks.filter(({ clock }) => !this.#isAside(clock) && !view.aside(clock));
    const point = ({ clock, stream }: { clock: PartitionClock; stream: number }): ReleasePoint => ({
      time: Math.max(this.#watermarkOf(clock), view.watermark(clock)) + 1,
      stream,
      partition: clock.partition,
      offset: Infinity,
    });
    const all = (active.length > 0 ? active : this.#clocks).map(point);
    if (all.length === 0) return { events: BEFORE_ALL, time: -Infinity };
    const events = all.reduce((best, each) => (comparePoints(each, best) < 0 === active.length > 0 ? each : best));
    return { events, time: events.time - 1 };
  }

  #isAside(clock: PartitionClock): boolean {
    return clock.idle || (this.continues && clock.stalled);
  }

  #watermarkOf(clock: PartitionClock): number {
    return this.continues ? Math.max(clock.watermark, clock.stallFloor) : clock.watermark;
  }

  #push(waiting: Waiting): void {
    const heap = this.#waiting;
    let at = heap.length;
    heap.push(waiting);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (comparePoints(waiting, heap[parent]) >= 0) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = waiting;
  }

  #pop(): Waiting {
    const heap = this.#waiting;
    const first = heap[0];
    const last = heap.pop() as Waiting;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && comparePoints(heap[child + 1], heap[child]) < 0) child++;
      if (comparePoints(heap[child], last) >= 0) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
