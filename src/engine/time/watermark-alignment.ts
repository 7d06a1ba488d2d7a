import { MAX_WATERMARK, MIN_WATERMARK, type WatermarkSink, type WatermarkStatus } from './watermark.js';

/**
 * How far the sources of an alignment group have come, so that none runs far ahead of the slowest (Flink's
 * WatermarkAggregator). A source without a watermark yet holds the others back; idle and ended ones do not count.
 */
export class WatermarkAlignmentGroup {
  readonly #members = new Set<AlignedSource>();
  #changed: () => void = () => {};
  #change = this.#next();

  /** @param sink where the source's watermarks go on to */
  join(maxDrift: number, sink: WatermarkSink): AlignedSource {
    const member = new AlignedSource(this, maxDrift, sink);
    this.#members.add(member);
    return member;
  }

  leave(member: AlignedSource): void {
    this.#members.delete(member);
    this.moved();
  }

  /** The lowest watermark of all that count. */
  get combined(): number {
    return Math.min(MAX_WATERMARK, ...[...this.#members].map(({ reported }) => reported));
  }

  /** Resolves when some source has moved. */
  get change(): Promise<void> {
    return this.#change;
  }

  moved(): void {
    const changed = this.#changed;
    this.#change = this.#next();
    changed();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => (this.#changed = resolve));
  }
}

/** One source of a group: its watermarks go through it. */
export class AlignedSource implements WatermarkSink {
  /** MAX_WATERMARK while it does not count. */
  reported = MIN_WATERMARK;
  #watermark = MIN_WATERMARK;

  constructor(
    private readonly group: WatermarkAlignmentGroup,
    private readonly maxDrift: number,
    private readonly sink: WatermarkSink,
  ) {}

  emitWatermark(time: number): void {
    this.#watermark = time;
    this.#report(time);
    this.sink.emitWatermark(time);
  }

  emitWatermarkStatus(status: WatermarkStatus): void {
    this.#report(status === 'idle' ? MAX_WATERMARK : this.#watermark);
    this.sink.emitWatermarkStatus(status);
  }

  get isAhead(): boolean {
    return this.#watermark > this.group.combined + this.maxDrift;
  }

  /** Resolves when the source may read on. */
  async aligned(): Promise<void> {
    while (this.isAhead) await this.group.change;
  }

  /** It has ended. */
  leave(): void {
    this.group.leave(this);
  }

  #report(time: number): void {
    this.reported = time;
    this.group.moved();
  }
}
