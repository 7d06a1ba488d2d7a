import { MIN_WATERMARK, type WatermarkOutput } from './watermark.js';

/** Makes watermarks from the events of one stream or split (Flink's WatermarkGenerator). */
export interface WatermarkGenerator<T = unknown> {
  /** Called for each event with its time, epoch ms; may emit at once ("punctuated"). */
  onEvent(event: T, timestamp: number, output: WatermarkOutput): void;
  /** Called when a period is over. */
  onPeriodicEmit(output: WatermarkOutput): void;
}

/** Highest time so far, less the bound, less one: an event may be late by the bound. */
export class BoundedOutOfOrdernessWatermarks implements WatermarkGenerator {
  #maxTimestamp = MIN_WATERMARK;

  /** @param outOfOrderness ms */
  constructor(private readonly outOfOrderness: number) {}

  onEvent(_event: unknown, timestamp: number): void {
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
  }

  onPeriodicEmit(output: WatermarkOutput): void {
    output.emitWatermark(this.#maxTimestamp - this.outOfOrderness - 1);
  }
}

/** Times never go back: a bound of zero. */
export class AscendingTimestampsWatermarks extends BoundedOutOfOrdernessWatermarks {
  constructor() {
    super(0);
  }
}

/** Time is not known from the events. */
export class NoWatermarksGenerator implements WatermarkGenerator {
  onEvent(): void {}
  onPeriodicEmit(): void {}
}

/**
 * Calls a stream idle that is silent for longer than `timeout` ms. Looked at only when a period is over:
 * the first look that finds no event since the one before starts the clock.
 */
export class WatermarksWithIdleness<T> implements WatermarkGenerator<T> {
  #hadEvents = false;
  #silentSince: number | undefined;
  #idle = false;

  constructor(
    private readonly watermarks: WatermarkGenerator<T>,
    private readonly timeout: number,
    private readonly clock: () => number,
  ) {}

  onEvent(event: T, timestamp: number, output: WatermarkOutput): void {
    this.watermarks.onEvent(event, timestamp, output);
    this.#hadEvents = true;
    this.#idle = false;
  }

  onPeriodicEmit(output: WatermarkOutput): void {
    if (!this.#isSilentTooLong()) return this.watermarks.onPeriodicEmit(output);
    if (this.#idle) return;
    this.#idle = true;
    output.markIdle();
  }

  #isSilentTooLong(): boolean {
    if (this.#hadEvents) {
      this.#hadEvents = false;
      this.#silentSince = undefined;
      return false;
    }
    if (this.#silentSince === undefined) {
      this.#silentSince = this.clock();
      return false;
    }
    return this.clock() - this.#silentSince > this.timeout;
  }
}
