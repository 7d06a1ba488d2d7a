import type { StreamQuiet } from '../task/quiet.js';
import type { PartitionFeed } from './feed.js';

/**
 * Measures how long streams have been silent, in monotonic time. Elapsed time restarts at every arrival,
 * at start, at catching up, and when we refused events: our downtime is not silence.
 */
export class SilenceMeter {
  readonly #since = new Map<string, number>();

  constructor(readonly now: () => number = () => performance.now()) {}

  restart(stream: string): void {
    this.#since.set(stream, this.now());
    for (const [name, known] of this.#partitionSince) if (name.startsWith(`${stream}/`)) known.at = this.now();
  }

  /** What the engine may conclude from; a stream with a partition not caught up counts as not silent. */
  read(stream: string, feeds: readonly PartitionFeed[]): Omit<StreamQuiet, 'stalled'> {
    if (!feeds.every((feed) => feed.caughtUp)) this.restart(stream);
    const since = this.#since.get(stream) ?? this.now();
    const elapsed = Math.floor(this.now() - since);
    const caughtUp = feeds
      .filter((feed) => feed.caughtUp)
      .map((feed) => ({ partition: feed.partition, endOffset: feed.workedOff, elapsed: this.#partitionElapsed(stream, feed) }));
    return { stream, elapsed: caughtUp.length === feeds.length ? elapsed : undefined, caughtUp };
  }

  readonly #partitionSince = new Map<string, { at: number; offset: number }>();

  #partitionElapsed(stream: string, feed: PartitionFeed): number {
    const name = `${stream}/${feed.partition}`;
    const known = this.#partitionSince.get(name);
    if (known !== undefined && known.offset === feed.workedOff) return Math.floor(this.now() - known.at);
    this.#partitionSince.set(name, { at: this.now(), offset: feed.workedOff });
    return 0;
  }
}
