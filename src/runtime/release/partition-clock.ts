/** A partition's own time: decided by its earlier offsets and by journaled floors, by nothing else. */
export class PartitionClock {
  nextOffset = 0;
  maxTime = -Infinity;
  /** Watermark that the journal gave: at waking, or by the quiet clock. */
  floor = -Infinity;
  /** Stepped aside: does not hold the merged watermark. */
  idle = false;
  /** The source gives nothing although there is more: it does not hold the rules that chose `onStall: continue`. */
  stalled = false;
  /** Watermark at waking in the buffers of rules that chose `onStall: continue`; binds these alone. */
  stallFloor = -Infinity;
  events = 0;
  late = 0;
  duplicates = 0;
  /** Offsets from the oldest unreleased one on that never went into a buffer (late, duplicate, unreadable). */
  skipped = new Set<number>();
  /** Of the same offsets those that were late for rules with `onStall: continue` alone. */
  skippedByContinuing = new Set<number>();

  constructor(
    readonly stream: string,
    readonly partition: number,
    public outOfOrderness: number,
  ) {}

  /** All events at or below it have come or are late (bounded out-of-orderness: max time − bound − 1). */
  get watermark(): number {
    return Math.max(this.maxTime - this.outOfOrderness - 1, this.floor);
  }
}

export function partitionName(stream: string, partition: number): string {
  return `${stream}/${partition}`;
}
