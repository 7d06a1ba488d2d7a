import {
  AscendingTimestampsWatermarks,
  BoundedOutOfOrdernessWatermarks,
  NoWatermarksGenerator,
  type WatermarkGenerator,
  WatermarksWithIdleness,
} from './watermark-generators.js';

/** The time of an event, epoch ms; `recordTimestamp` is what its source gave it, if anything. */
export type TimestampAssigner<T> = (event: T, recordTimestamp: number | undefined) => number;

/** How a stream's events get their times and its watermarks are made. Immutable (Flink's WatermarkStrategy). */
export class WatermarkStrategy<T> {
  private constructor(
    private readonly makeGenerator: () => WatermarkGenerator<T>,
    readonly timestampAssigner: TimestampAssigner<T> | undefined,
    readonly idleness: number | undefined,
  ) {}

  static forMonotonousTimestamps<T>(): WatermarkStrategy<T> {
    return WatermarkStrategy.forGenerator<T>(() => new AscendingTimestampsWatermarks());
  }

  /** @param outOfOrderness how much later than its successor an event may come, ms */
  static forBoundedOutOfOrderness<T>(outOfOrderness: number): WatermarkStrategy<T> {
    if (!(outOfOrderness >= 0)) throw new RangeError(`outOfOrderness must not be negative: ${outOfOrderness}`);
    return WatermarkStrategy.forGenerator<T>(() => new BoundedOutOfOrdernessWatermarks(outOfOrderness));
  }

  static noWatermarks<T>(): WatermarkStrategy<T> {
    return WatermarkStrategy.forGenerator<T>(() => new NoWatermarksGenerator());
  }

  /** A generator of your own, periodic or punctuated; one is made for each split. */
  static forGenerator<T>(make: () => WatermarkGenerator<T>): WatermarkStrategy<T> {
    return new WatermarkStrategy(make, undefined, undefined);
  }

  withTimestampAssigner(assigner: TimestampAssigner<T>): WatermarkStrategy<T> {
    return new WatermarkStrategy(this.makeGenerator, assigner, this.idleness);
  }

  /** @param timeout silence after which the stream is idle, ms */
  withIdleness(timeout: number): WatermarkStrategy<T> {
    if (!(timeout > 0)) throw new RangeError(`idleness must be longer than 0 ms: ${timeout}`);
    return new WatermarkStrategy(this.makeGenerator, this.timestampAssigner, timeout);
  }

  /** @param clock processing time, ms: idleness is measured on it */
  createWatermarkGenerator(clock: () => number): WatermarkGenerator<T> {
    const generator = this.makeGenerator();
    return this.idleness === undefined ? generator : new WatermarksWithIdleness(generator, this.idleness, clock);
  }

  /** Without an assigner an event keeps the time its source gave it. */
  extractTimestamp(event: T, recordTimestamp: number | undefined): number {
    return this.timestampAssigner?.(event, recordTimestamp) ?? recordTimestamp ?? -Infinity;
  }
}
