export interface Taken {
  readonly allowed: boolean;
  /** Whole tokens left. */
  readonly remaining: number;
  /** Whole seconds until the bucket is full again. */
  readonly fullIn: number;
  /** Whole seconds until the next token, at least 1. */
  readonly nextIn: number;
}

interface Bucket {
  tokens: number;
  /** When `tokens` was true, ms. */
  at: number;
}

/** Buckets that are full again say no more than none: they are dropped once there are this many. */
const MANY = 10_000;

/** One token bucket for each holder: `burst` at once after a pause, `rate` a second for ever. */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    readonly rate: number,
    readonly burst: number,
  ) {}

  /** `now` in ms, from any clock that does not go back. */
  take(holder: string, now: number): Taken {
    const bucket = this.#buckets.get(holder) ?? this.#add(holder, now);
    bucket.tokens = this.#at(bucket, now);
    bucket.at = now;
    const allowed = bucket.tokens >= 1;
    if (allowed) bucket.tokens--;
    return {
      allowed,
      remaining: Math.floor(bucket.tokens),
      fullIn: Math.ceil((this.burst - bucket.tokens) / this.rate),
      nextIn: Math.max(1, Math.ceil((1 - bucket.tokens) / this.rate)),
    };
  }

  #add(holder: string, now: number): Bucket {
    if (this.#buckets.size >= MANY) {
      for (const [other, bucket] of this.#buckets) if (this.#at(bucket, now) >= this.burst) this.#buckets.delete(other);
    }
    const bucket = { tokens: this.burst, at: now };
    this.#buckets.set(holder, bucket);
    return bucket;
  }

  #at({ tokens, at }: Bucket, now: number): number {
    return Math.min(this.burst, tokens + ((now - at) / 1000) * this.rate);
  }
}
