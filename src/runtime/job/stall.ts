import type { PartitionFeed } from './feed.js';

/** A partition whose source has given nothing for too long, although it has more or cannot be asked. */
export interface Stall {
  readonly stream: string;
  readonly partition: number;
  /** Next offset, which does not come. */
  readonly position: number;
  /** Epoch ms. */
  readonly since: number;
}

/**
 * Measures in monotonic time how long partitions have been starved. One that we hold back, or whose events the
 * engine still has, is not; and every batch that comes begins the measure again.
 */
export class StallMeter {
  readonly #starved = new Map<PartitionFeed, { readonly position: number; readonly since: number }>();

  constructor(
    /** ms after which a starved partition is stalled. */
    readonly stallAfter: number,
    readonly now: () => number = () => performance.now(),
  ) {}

  /** Begins again for all: what held them up was ours. */
  restart(): void {
    this.#starved.clear();
  }

  /** The stalled ones; those not among `feeds` are forgotten. To be asked often: it sees only what stands still between. */
  read(feeds: Iterable<PartitionFeed>): Stall[] {
    const before = new Map(this.#starved);
    this.#starved.clear();
    const stalls: Stall[] = [];
    for (const feed of feeds) {
      if (!feed.starved) continue;
      const known = before.get(feed);
      const starved = known?.position === feed.position ? known : { position: feed.position, since: this.now() };
      this.#starved.set(feed, starved);
      const elapsed = this.now() - starved.since;
      if (elapsed < this.stallAfter) continue;
      const { reader, partition, position } = feed;
      stalls.push({ stream: reader.stream, partition, position, since: Date.now() - Math.round(elapsed) });
    }
    return stalls;
  }
}
