import { MAX_WATERMARK, WatermarkEmitter } from '../time/watermark.js';
import type { WatermarkGenerator } from '../time/watermark-generators.js';
import type { TimestampAssigner, WatermarkStrategy } from '../time/watermark-strategy.js';
import type { ScheduledCallback } from '../time/processing-time-service.js';
import { AbstractStreamOperator, type OneInputStreamOperator, type OperatorContext } from './stream-operator.js';

/** How often watermarks are made when nothing else is said, ms of processing time (Flink's auto-watermark interval). */
export const DEFAULT_WATERMARK_INTERVAL = 200;

/**
 * Gives events their times and makes the stream's watermarks (Flink's operator of this name). Watermarks
 * and statuses from upstream are dropped, but for the end of the stream.
 */
export class TimestampsAndWatermarksOperator<T> extends AbstractStreamOperator<T> implements OneInputStreamOperator<T, T> {
  #assigner!: TimestampAssigner<T>;
  #generator!: WatermarkGenerator<T>;
  #emitter!: WatermarkEmitter;
  #timer: ScheduledCallback | undefined;

  /** @param interval ms of processing time between two looks; 0: no periodic watermarks */
  constructor(
    private readonly strategy: WatermarkStrategy<T>,
    private readonly interval = DEFAULT_WATERMARK_INTERVAL,
  ) {
    super();
  }

  override open(context: OperatorContext<T>): void {
    super.open(context);
    const { processingTime } = context;
    const clock = (): number => processingTime.currentProcessingTime();
    this.#assigner = this.strategy.createTimestampAssigner(clock);
    this.#generator = this.strategy.createWatermarkGenerator(clock);
    this.#emitter = new WatermarkEmitter(context.output);
    if (this.interval > 0) this.#schedule();
  }

  processElement(value: T, timestamp: number | undefined): void {
    const time = this.#assigner(value, timestamp);
    this.output.collect(value, time);
    this.#generator.onEvent(value, time, this.#emitter);
  }

  override processWatermark(time: number): void {
    if (time === MAX_WATERMARK) this.#emitter.emitWatermark(time);
  }

  override processWatermarkStatus(): void {}

  override finish(): void {
    this.#generator.onPeriodicEmit(this.#emitter);
  }

  override close(): void {
    this.#timer?.cancel();
  }

  #schedule(): void {
    const { processingTime } = this.context;
    this.#timer = processingTime.registerTimer(processingTime.currentProcessingTime() + this.interval, () => {
      this.#generator.onPeriodicEmit(this.#emitter);
      this.#schedule();
    });
  }
}
