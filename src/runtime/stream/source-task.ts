import type { SourceReader, SourceRecord, SourceSplit } from '../../engine/stream/functions/source.js';
import type { StreamNode } from '../../engine/stream/graph/stream-graph.js';
import type { ProcessingTimeService } from '../../engine/time/processing-time-service.js';
import { SourceWatermarks } from '../../engine/time/source-watermarks.js';
import { WatermarkStrategy } from '../../engine/time/watermark-strategy.js';
import type { CheckpointBarrier } from './barrier-aligner.js';
import type { Subtask } from './subtask.js';

const NO_SPLIT = '';

export type SourceNode = StreamNode & { readonly kind: 'source' };

/** Reads one subtask of a source, batch by batch; between two batches a barrier can be put in. */
export class SourceTask {
  readonly #reader: SourceReader<unknown>;
  #output!: SourceOutput;
  #splits: readonly SourceSplit[] = [];

  constructor(
    readonly subtask: Subtask,
    private readonly node: SourceNode,
  ) {
    this.#reader = node.reader();
  }

  /** Where it stands: behind all that it has emitted. */
  get splits(): readonly SourceSplit[] {
    return this.#splits;
  }

  async open(clock: ProcessingTimeService, watermarkInterval: number, splits: readonly SourceSplit[] | undefined): Promise<void> {
    this.#output = new SourceOutput(this.subtask, this.node.strategy, watermarkInterval, clock);
    await this.#reader.open?.(this.subtask.index, this.node.parallelism, splits);
    this.#splits = this.#reader.snapshotState?.() ?? [];
  }

  /**
   * Emits until the source ends, or `stopped` resolves; then the batch that is awaited is not emitted.
   * @param afterBatch awaited before the next is read
   * @returns whether the source has ended
   */
  async run(stopped: Promise<'stopped'>, afterBatch: () => Promise<void>): Promise<boolean> {
    for (;;) {
      const batch = await Promise.race([this.#reader.poll(), stopped]);
      if (batch === 'stopped') return false;
      if (batch === undefined) return true;
      for (const record of batch) this.#output.emit(record);
      this.#splits = this.#reader.snapshotState?.() ?? [];
      await Promise.race([afterBatch(), stopped]);
    }
  }

  emitBarrier(barrier: CheckpointBarrier): void {
    this.subtask.output.emitBarrier(barrier);
  }

  /** A watermark above all times. */
  end(): void {
    this.#output.end();
  }

  async notifyCheckpointComplete(checkpointId: number): Promise<void> {
    await this.#reader.notifyCheckpointComplete?.(checkpointId);
  }

  async close(): Promise<void> {
    await this.#reader.close?.();
  }
}

/** Times and watermarks of a source's records. Splits are known from the records that come from them. */
class SourceOutput {
  readonly #watermarks: SourceWatermarks<unknown>;
  readonly #splits = new Set<string>();

  constructor(
    private readonly subtask: Subtask,
    private readonly strategy: WatermarkStrategy<unknown> | undefined,
    interval: number,
    clock: ProcessingTimeService,
  ) {
    this.#watermarks = new SourceWatermarks(
      strategy ?? WatermarkStrategy.noWatermarks(),
      strategy === undefined ? 0 : interval,
      clock,
      subtask.output,
    );
  }

  emit({ value, timestamp, split = NO_SPLIT }: SourceRecord<unknown>): void {
    if (this.strategy === undefined) return this.subtask.output.collect(value, timestamp);
    if (!this.#splits.has(split)) {
      this.#splits.add(split);
      this.#watermarks.addSplit(split);
    }
    const time = this.#watermarks.extractTimestamp(value, timestamp);
    this.subtask.output.collect(value, time);
    this.#watermarks.onEvent(split, value, time);
  }

  end(): void {
    this.#watermarks.finish();
  }
}
