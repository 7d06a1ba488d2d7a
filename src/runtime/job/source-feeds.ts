import { performance } from 'node:perf_hooks';
import type { SourceBatch, Sources } from '../ports/stores.js';
import type { StreamQuiet } from '../task/quiet.js';
import type { FromEngine } from '../worker/protocol.js';
import { PartitionFeed } from './feed.js';
import { SilenceMeter } from './silence.js';
import { type Stall, StallMeter } from './stall.js';

/** Where batches go, and what holds them back. */
export interface FeedTarget {
  send(batch: SourceBatch): void;
  /** While true nothing is read: what was read before waits for the database. */
  congested(): boolean;
  /** undefined when reading works again. */
  readFailed(error: Error | undefined): void;
}

interface Fed {
  readonly feed: PartitionFeed;
  readonly unsubscribe: () => void;
}

/** All partitions of all sources on their way to the engine (Flink's SourceCoordinator), and their silence. */
export class SourceFeeds {
  readonly #fed = new Map<string, Fed>();
  readonly #silence = new SilenceMeter();
  readonly #stallMeter: StallMeter;
  #stalls: readonly Stall[] = [];
  #ahead = new Set<string>();

  constructor(
    readonly sources: Sources,
    readonly target: FeedTarget,
    /** ms without anything from a source that has more after which a partition is stalled. */
    stallAfter: number,
  ) {
    this.#stallMeter = new StallMeter(stallAfter);
  }

  /** Feeds the partitions that are not fed yet, from `positions` (by stream/partition) or their next offset. */
  start(
    partitions: readonly { readonly stream: string; readonly partition: number; readonly nextOffset: number }[],
    positions: Readonly<Record<string, number>> = {},
  ): void {
    for (const { stream, partition, nextOffset } of partitions) {
      const name = `${stream}/${partition}`;
      if (!this.#fed.has(name)) this.#startOne(name, stream, partition, positions[name] ?? nextOffset);
    }
  }

  /** Stops feeding a stream, or all of them. */
  stop(stream?: string): void {
    for (const [name, { feed, unsubscribe }] of this.#fed) {
      if (stream !== undefined && feed.reader.stream !== stream) continue;
      feed.stop();
      unsubscribe();
      this.#fed.delete(name);
      this.#ahead.delete(name);
    }
  }

  /** Something changed: there is room, or nothing holds feeding back any more. */
  wake(): void {
    for (const { feed } of this.#fed.values()) feed.wake();
  }

  /** Only these partitions are too far ahead of others to be read on. */
  holdBack(partitions: readonly string[]): void {
    this.#ahead = new Set(partitions);
    this.wake();
  }

  worked({ stream, partition, through, bytes }: Extract<FromEngine, { type: 'progress' }>): void {
    this.#fed.get(`${stream}/${partition}`)?.feed.worked(through, bytes);
    this.sources.workedOff(stream, partition, through);
    this.wake();
  }

  /** Next offset not worked off, by stream/partition. */
  workedOff(): [string, number][] {
    return [...this.#fed].map(([name, { feed }]) => [name, feed.workedOff]);
  }

  endOffset(stream: string, partition: number): number | undefined {
    return this.#fed.get(`${stream}/${partition}`)?.feed.reader.endOffset(partition);
  }

  /** Asked later: whether all that the stream holds now has been worked off. Only an end that the source tells from now on counts. */
  workedOffToHere(stream: string): () => boolean {
    const since = performance.now();
    const ends = this.#feedsOf(stream).map(({ reader, partition }) => ({ partition, reader, end: reader.endOffset(partition, since) }));
    return () =>
      ends.every((each) => {
        each.end ??= each.reader.endOffset(each.partition, since);
        return each.end !== undefined && (this.#fed.get(`${stream}/${each.partition}`)?.feed.workedOff ?? 0) >= each.end;
      });
  }

  /** What keeps the stream from being worked off to its end, as a sentence. */
  hindrance(stream: string): string {
    const behind = this.#feedsOf(stream).filter((feed) => !feed.caughtUp);
    const held = behind.find(({ partition }) => this.#ahead.has(`${stream}/${partition}`));
    if (held !== undefined)
      return `partition ${held.partition} of stream ${stream} is held back: it is far ahead of another that its rules read`;
    const away = behind.find(({ reader, partition }) => reader.endOffset(partition) === undefined);
    if (away !== undefined) return `the source of partition ${away.partition} of stream ${stream} does not answer`;
    return `events of stream ${stream} are still being worked off`;
  }

  /** The stream's silence, or that of all, starts again: it was ours. */
  restartSilence(stream?: string): void {
    const streams = stream === undefined ? this.#streams() : [stream];
    for (const each of streams) this.#silence.restart(each);
    if (stream === undefined) this.#stallMeter.restart();
  }

  /** Measures silence and stalls; to be asked at every tick. */
  quiet(): StreamQuiet[] {
    this.#stalls = this.#stallMeter.read([...this.#fed.values()].map(({ feed }) => feed));
    return [...this.#streams()].map((stream) => ({
      ...this.#silence.read(stream, this.#feedsOf(stream)),
      stalled: this.#stalls.filter((stall) => stall.stream === stream),
    }));
  }

  /** As measured at the last tick. */
  get stalls(): readonly Stall[] {
    return this.#stalls;
  }

  #startOne(name: string, stream: string, partition: number, from: number): void {
    const { target } = this;
    const reader = this.sources.reader(stream);
    const feed = new PartitionFeed(
      reader,
      partition,
      from,
      (batch) => {
        this.#silence.restart(stream);
        target.send(batch);
      },
      () => this.#ahead.has(name) || target.congested(),
      (error) => target.readFailed(error),
    );
    const unsubscribe = reader.onAppend(() => feed.wake());
    this.#fed.set(name, { feed, unsubscribe });
    this.#silence.restart(stream);
    feed.start();
  }

  #streams(): Set<string> {
    return new Set([...this.#fed.values()].map(({ feed }) => feed.reader.stream));
  }

  #feedsOf(stream: string): PartitionFeed[] {
    return [...this.#fed.values()].map(({ feed }) => feed).filter((feed) => feed.reader.stream === stream);
  }
}
