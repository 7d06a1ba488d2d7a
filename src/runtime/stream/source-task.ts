import type { SourceReader, SourceRecord, SourceSplit } from '../../engine/stream/functions/source.js';
import type { StreamNode } from '../../engine/stream/graph/stream-graph.js';
import type { ProcessingTimeService } from '../../engine/time/processing-time-service.js';
import type { WatermarkSink } from '../../engine/time/watermark.js';
import type { AlignedSource, WatermarkAlignmentGroup } from '../../engine/time/watermark-alignment.js';
import { SourceWatermarks } from '../../engine/time/source-watermarks.js';
import { WatermarkStrategy } from '../../engine/time/watermark-strategy.js';
import type { CheckpointBarrier } from './barrier-aligner.js';
import type { Subtask } from './subtask.js';

const NO_SPLIT = '';

export type SourceNode = StreamNode & { readonly kind: 'source' };

/** What a source is opened with. */
export interface SourceContext {
  readonly clock: ProcessingTimeService;
  /** ms of processing time between two looks at watermarks. */
  readonly watermarkInterval: number;
  /** Of the checkpoint that the program goes on from. */
  readonly splits: readonly SourceSplit[] | undefined;
  readonly alignmentGroup: (name: string) => WatermarkAlignmentGroup;
}

/** Reads one subtask of a source, batch by batch; between two batches a barrier can be put in. */
export class SourceTask {
  readonly #reader: SourceReader<unknown>;
  #output!: SourceOutput;
  /** Of a source that waits for others. */
  #aligned: AlignedSource | undefined;
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

  async open({ clock, watermarkInterval, splits, alignmentGroup }: SourceContext): Promise<void> {
    const { alignment } = this.node.strategy ?? {};
    this.#aligned = alignment && alignmentGroup(alignment.group).join(alignment.maxDrift, this.subtask.output);
    this.#output = new SourceOutput(this.subtask, this.node.strategy, watermarkInterval, clock, this.#aligned ?? this.subtask.output);
    await this.#reader.open?.(this.subtask.index, this.node.parallelism, splits);
    this.#noteSplits();
  }

  /**
   * Emits until the source ends, or `stopped` resolves; then the batch that is awaited is not emitted.
   * @param afterBatch awaited before the next is read
   * @returns whether the source has ended
   */
  async run(stopped: Promise<'stopped'>, afterBatch: () => Promise<void>): Promise<boolean> {
    for (;;) {
      if (this.#aligned?.isAhead === true) await Promise.race([this.#aligned.aligned(), stopped]);
      const batch = await Promise.race([this.#reader.poll(), stopped]);
      if (batch === 'stopped') return false;
      if (batch === undefined) return true;
      for (const record of batch) this.#output.emit(record);
      this.#noteSplits();
      await Promise.race([afterBatch(), stopped]);
    }
  }

  #noteSplits(): void {
    this.#splits = this.#reader.snapshotState?.() ?? [];
    const active = this.#reader.activeSplits?.();
    if (active !== undefined) this.#output.setSplits(active);
  }

  emitBarrier(barrier: CheckpointBarrier): void {
    this.subtask.output.emitBarrier(barrier);
  }

  /** A watermark above all times. */
  end(): void {
    this.#output.end();
    this.#aligned?.leave();
  }

  async notifyCheckpointComplete(checkpointId: number): Promise<void> {
    await this.#reader.notifyCheckpointComplete?.(checkpointId);
  }

  async close(): Promise<void> {
    await this.#reader.close?.();
  }
}

/** Times and watermarks of a source's records. */
class SourceOutput {
  readonly #watermarks: SourceWatermarks<unknown>;

  constructor(
    private readonly subtask: Subtask,
    private readonly strategy: WatermarkStrategy<unknown> | undefined,
    interval: number,
    clock: ProcessingTimeService,
    sink: WatermarkSink,
  ) {
    this.#watermarks = new SourceWatermarks(
      strategy ?? WatermarkStrategy.noWatermarks(),
      strategy === undefined ? 0 : interval,
      clock,
      sink,
    );
  }

  setSplits(ids: readonly string[]): void {
    if (this.strategy !== undefined) this.#watermarks.setSplits(ids);
  }

  emit({ value, timestamp, split = NO_SPLIT }: SourceRecord<unknown>): void {
    if (this.strategy === undefined) return this.subtask.output.collect(value, timestamp);
    if (!this.#watermarks.hasSplit(split)) this.#watermarks.addSplit(split);
    const time = this.#watermarks.extractTimestamp(value, timestamp);
    this.subtask.output.collect(value, time);
    this.#watermarks.onEvent(split, value, time);
  }

  end(): void {
    this.#watermarks.finish();
  }
}
