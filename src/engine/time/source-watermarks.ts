import type { ProcessingTimeService, ScheduledCallback } from './processing-time-service.js';
import { WatermarkEmitter, type WatermarkOutput, type WatermarkSink } from './watermark.js';
import type { WatermarkGenerator } from './watermark-generators.js';
import { WatermarkOutputMultiplexer } from './watermark-output-multiplexer.js';
import type { TimestampAssigner, WatermarkStrategy } from './watermark-strategy.js';

interface Split<T> {
  readonly generator: WatermarkGenerator<T>;
  readonly onEvent: WatermarkOutput;
  readonly periodic: WatermarkOutput;
}

/**
 * The watermarks of a source with several splits, such as the partitions of a topic: each split has a
 * generator of its own, all are looked at in the same period, then combined (Flink's
 * ProgressiveTimestampsAndWatermarks).
 */
export class SourceWatermarks<T> {
  readonly #assigner: TimestampAssigner<T>;
  readonly #emitter: WatermarkEmitter;
  readonly #multiplexer: WatermarkOutputMultiplexer;
  readonly #splits = new Map<string, Split<T>>();
  #timer: ScheduledCallback | undefined;

  /** @param interval ms of processing time between two looks */
  constructor(
    private readonly strategy: WatermarkStrategy<T>,
    private readonly interval: number,
    private readonly clock: ProcessingTimeService,
    sink: WatermarkSink,
  ) {
    this.#assigner = strategy.createTimestampAssigner(() => clock.currentProcessingTime());
    this.#emitter = new WatermarkEmitter(sink);
    this.#multiplexer = new WatermarkOutputMultiplexer(this.#emitter);
    if (interval > 0) this.#schedule();
  }

  addSplit(id: string): void {
    this.#multiplexer.register(id);
    this.#splits.set(id, {
      generator: this.strategy.createWatermarkGenerator(() => this.clock.currentProcessingTime()),
      onEvent: this.#multiplexer.immediateOutput(id),
      periodic: this.#multiplexer.deferredOutput(id),
    });
  }

  removeSplit(id: string): void {
    this.#multiplexer.unregister(id);
    this.#splits.delete(id);
  }

  /** These are all the splits there are; a source without any is idle. */
  setSplits(ids: readonly string[]): void {
    for (const id of ids) if (!this.#splits.has(id)) this.addSplit(id);
    if (ids.length < this.#splits.size) for (const id of this.#splits.keys()) if (!ids.includes(id)) this.removeSplit(id);
    if (ids.length === 0) this.#emitter.markIdle();
  }

  hasSplit(id: string): boolean {
    return this.#splits.has(id);
  }

  /** The event's time, epoch ms; call `onEvent` once the event has gone on. */
  extractTimestamp(event: T, recordTimestamp: number | undefined): number {
    return this.#assigner(event, recordTimestamp);
  }

  onEvent(split: string, event: T, timestamp: number): void {
    const found = this.#splits.get(split);
    if (found === undefined) throw new Error(`there is no split ${split}`);
    found.generator.onEvent(event, timestamp, found.onEvent);
  }

  onPeriodicEmit(): void {
    for (const { generator, periodic } of this.#splits.values()) generator.onPeriodicEmit(periodic);
    this.#multiplexer.onPeriodicEmit();
  }

  /** The end of the stream. */
  finish(): void {
    this.#timer?.cancel();
    this.#emitter.emitWatermark(Infinity);
  }

  #schedule(): void {
    this.#timer = this.clock.registerTimer(this.clock.currentProcessingTime() + this.interval, () => {
      this.onPeriodicEmit();
      this.#schedule();
    });
  }
}
