import { MIN_WATERMARK, type WatermarkSink, type WatermarkStatus } from './watermark.js';

interface Channel {
  watermark: number;
  status: WatermarkStatus;
  /** In step with the output: counts, and may hold it back. */
  aligned: boolean;
}

/**
 * Combines the watermarks of a task's input channels (Flink's StatusWatermarkValve): the lowest of the
 * channels in step. A channel that comes back from idleness behind the output counts again once it has
 * caught up. When the last active channel goes idle, the highest watermark of all comes out first.
 */
export class StatusWatermarkValve {
  readonly #channels: readonly Channel[];
  #lastOutput = MIN_WATERMARK;
  #status: WatermarkStatus = 'active';

  constructor(
    channels: number,
    private readonly output: WatermarkSink,
  ) {
    this.#channels = Array.from({ length: channels }, () => ({ watermark: MIN_WATERMARK, status: 'active', aligned: true }));
  }

  inputWatermark(channel: number, time: number): void {
    const input = this.#channels[channel];
    if (this.#status === 'idle' || input.status === 'idle' || time <= input.watermark) return;
    input.watermark = time;
    if (time >= this.#lastOutput) input.aligned = true;
    this.#emitLowestAligned();
  }

  inputWatermarkStatus(channel: number, status: WatermarkStatus): void {
    const input = this.#channels[channel];
    if (input.status === status) return;
    input.status = status;
    if (status === 'active') {
      if (input.watermark >= this.#lastOutput) input.aligned = true;
      this.#setStatus('active');
      return;
    }
    input.aligned = false;
    const heldBack = input.watermark === this.#lastOutput;
    if (this.#channels.every((one) => one.status === 'idle')) {
      if (heldBack) this.#emit(Math.max(...this.#channels.map((one) => one.watermark)));
      this.#setStatus('idle');
    } else if (heldBack) this.#emitLowestAligned();
  }

  #setStatus(status: WatermarkStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    this.output.emitWatermarkStatus(status);
  }

  #emitLowestAligned(): void {
    let lowest = Infinity;
    let anyAligned = false;
    for (const { aligned, watermark } of this.#channels) {
      if (!aligned) continue;
      anyAligned = true;
      if (watermark < lowest) lowest = watermark;
    }
    if (anyAligned) this.#emit(lowest);
  }

  #emit(time: number): void {
    if (time <= this.#lastOutput) return;
    this.#lastOutput = time;
    this.output.emitWatermark(time);
  }
}
