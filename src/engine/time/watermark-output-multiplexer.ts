import { MIN_WATERMARK, type WatermarkOutput } from './watermark.js';

/** What one split has said so far. */
class PartialWatermark implements WatermarkOutput {
  watermark = MIN_WATERMARK;
  idle = false;

  emitWatermark(time: number): void {
    this.idle = false;
    if (time > this.watermark) this.watermark = time;
  }

  markIdle(): void {
    this.idle = true;
  }

  markActive(): void {
    this.idle = false;
  }
}

/**
 * Combines the watermarks of a source's splits (Flink's WatermarkOutputMultiplexer): the lowest of those
 * that are not idle. When all are idle the highest of all comes out, then idleness.
 */
export class WatermarkOutputMultiplexer {
  readonly #splits = new Map<string, PartialWatermark>();
  #combined = MIN_WATERMARK;

  constructor(private readonly output: WatermarkOutput) {}

  /** A new split holds the source back until it has passed it. */
  register(split: string): void {
    if (this.#splits.has(split)) throw new Error(`split ${split} is registered already`);
    this.#splits.set(split, new PartialWatermark());
  }

  /** Takes effect with the next period. */
  unregister(split: string): void {
    this.#splits.delete(split);
  }

  /** What is said here is combined at the next period. */
  deferredOutput(split: string): WatermarkOutput {
    return this.#partial(split);
  }

  /** What is said here may come out at once: for punctuated watermarks. */
  immediateOutput(split: string): WatermarkOutput {
    const partial = this.#partial(split);
    const then = (say: () => void): void => {
      say();
      this.onPeriodicEmit();
    };
    return {
      emitWatermark: (time) => then(() => partial.emitWatermark(time)),
      markIdle: () => then(() => partial.markIdle()),
      markActive: () => then(() => partial.markActive()),
    };
  }

  onPeriodicEmit(): void {
    if (this.#splits.size === 0) return;
    let lowestActive = Infinity;
    let highest = MIN_WATERMARK;
    let allIdle = true;
    for (const { watermark, idle } of this.#splits.values()) {
      if (watermark > highest) highest = watermark;
      if (idle) continue;
      allIdle = false;
      if (watermark < lowestActive) lowestActive = watermark;
    }
    const watermark = allIdle ? highest : lowestActive;
    if (watermark > this.#combined) {
      this.#combined = watermark;
      this.output.emitWatermark(watermark);
    }
    if (allIdle) this.output.markIdle();
  }

  #partial(split: string): PartialWatermark {
    const partial = this.#splits.get(split);
    if (partial === undefined) throw new Error(`there is no split ${split}`);
    return partial;
  }
}
