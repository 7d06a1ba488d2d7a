/** Below every time: no watermark yet (Flink's Long.MIN_VALUE). */
export const MIN_WATERMARK = -Infinity;

/** Above every time: the end of the stream (Flink's Long.MAX_VALUE). */
export const MAX_WATERMARK = Infinity;

/** Whether a stream's watermark counts: an idle one is left out where streams come together. */
export type WatermarkStatus = 'active' | 'idle';

/** Where generators say how far time has come. */
export interface WatermarkOutput {
  /** All events with a time at or below `time` (epoch ms) have come. Also ends idleness. */
  emitWatermark(time: number): void;
  markIdle(): void;
  markActive(): void;
}

/** Where watermarks and statuses go on to: the next operator. */
export interface WatermarkSink {
  emitWatermark(time: number): void;
  emitWatermarkStatus(status: WatermarkStatus): void;
}

/** Lets only rising watermarks through; a stream that was idle is active right before the next of them (Flink's WatermarkEmitter). */
export class WatermarkEmitter implements WatermarkOutput {
  #watermark = MIN_WATERMARK;
  #idle = false;

  constructor(private readonly sink: WatermarkSink) {}

  emitWatermark(time: number): void {
    if (time <= this.#watermark) return;
    this.#watermark = time;
    this.markActive();
    this.sink.emitWatermark(time);
  }

  markIdle(): void {
    if (this.#idle) return;
    this.#idle = true;
    this.sink.emitWatermarkStatus('idle');
  }

  markActive(): void {
    if (!this.#idle) return;
    this.#idle = false;
    this.sink.emitWatermarkStatus('active');
  }
}
