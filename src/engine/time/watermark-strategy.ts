import {
  AscendingTimestampsWatermarks,
  BoundedOutOfOrdernessWatermarks,
  NoWatermarksGenerator,
  type WatermarkGenerator,
  WatermarksWithIdleness,
} from './watermark-generators.js';

/** The time of an event, epoch ms; `recordTimestamp` is what its source gave it, if anything. */
export type TimestampAssigner<T> = (event: T, recordTimestamp: number | undefined) => number;

/** Sources that wait for each other: none reads on while it is more than `maxDrift` ms ahead of the slowest. */
export interface WatermarkAlignment {
  readonly group: string;
  readonly maxDrift: number;
}

interface Settings<T> {
  readonly makeGenerator: () => WatermarkGenerator<T>;
  /** Made for each source or operator, with its clock. */
  readonly makeAssigner?: (clock: () => number) => TimestampAssigner<T>;
  readonly idleness?: number;
  readonly alignment?: WatermarkAlignment;
}

/** How a stream's events get their times and its watermarks are made. Immutable (Flink's WatermarkStrategy). */
export class WatermarkStrategy<T> {
  private constructor(private readonly settings: Settings<T>) {}

  static forMonotonousTimestamps<T>(): WatermarkStrategy<T> {
    return WatermarkStrategy.forGenerator<T>(() => new AscendingTimestampsWatermarks());
  }

  /** @param outOfOrderness how much later than its successor an event may come, ms */
  static forBoundedOutOfOrderness<T>(outOfOrderness: number): WatermarkStrategy<T> {
    if (!(outOfOrderness >= 0)) throw new RangeError(`outOfOrderness must not be negative: ${outOfOrderness}`);
    return WatermarkStrategy.forGenerator<T>(() => new BoundedOutOfOrdernessWatermarks(outOfOrderness));
  }

  /** Ingestion time: an event's time is when it comes into the program, and never goes back. */
  static forIngestionTime<T>(): WatermarkStrategy<T> {
    const makeAssigner = (clock: () => number): TimestampAssigner<T> => {
      let latest = -Infinity;
      return () => (latest = Math.max(latest, clock()));
    };
    return new WatermarkStrategy<T>({ makeGenerator: () => new AscendingTimestampsWatermarks(), makeAssigner });
  }

  static noWatermarks<T>(): WatermarkStrategy<T> {
    return WatermarkStrategy.forGenerator<T>(() => new NoWatermarksGenerator());
  }

  /** A generator of your own, periodic or punctuated; one is made for each split. */
  static forGenerator<T>(makeGenerator: () => WatermarkGenerator<T>): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>({ makeGenerator });
  }

  withTimestampAssigner(assigner: TimestampAssigner<T>): WatermarkStrategy<T> {
    return new WatermarkStrategy({ ...this.settings, makeAssigner: () => assigner });
  }

  /** @param timeout silence after which the stream is idle, ms */
  withIdleness(timeout: number): WatermarkStrategy<T> {
    if (!(timeout > 0)) throw new RangeError(`idleness must be longer than 0 ms: ${timeout}`);
    return new WatermarkStrategy({ ...this.settings, idleness: timeout });
  }

  /** For sources. @param maxDrift how far one may be ahead of the slowest of the group, ms of event time */
  withWatermarkAlignment(group: string, maxDrift: number): WatermarkStrategy<T> {
    if (!(maxDrift > 0)) throw new RangeError(`maxDrift must be longer than 0 ms: ${maxDrift}`);
    return new WatermarkStrategy({ ...this.settings, alignment: { group, maxDrift } });
  }

  get alignment(): WatermarkAlignment | undefined {
    return this.settings.alignment;
  }

  /** @param clock processing time, ms: idleness is measured on it */
  createWatermarkGenerator(clock: () => number): WatermarkGenerator<T> {
    const { makeGenerator, idleness } = this.settings;
    const generator = makeGenerator();
    return idleness === undefined ? generator : new WatermarksWithIdleness(generator, idleness, clock);
  }

  /** Without an assigner an event keeps the time its source gave it. @param clock processing time, ms: ingestion time */
  createTimestampAssigner(clock: () => number): TimestampAssigner<T> {
    const assigner = this.settings.makeAssigner?.(clock);
    return (event, recordTimestamp) => assigner?.(event, recordTimestamp) ?? recordTimestamp ?? -Infinity;
  }
}
