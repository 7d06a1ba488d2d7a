import type { Namespace } from '../time/internal-timer-service.js';

/** A finite set of a key's events; the namespace of its state and timers. */
export interface Window extends Namespace {
  /** The last moment that belongs to it, epoch ms: it is complete when time has reached that. */
  readonly maxTimestamp: number;
}

/** From `start` to before `end`, epoch ms (Flink's TimeWindow). */
export class TimeWindow implements Window {
  #id: string | undefined;

  constructor(
    readonly start: number,
    readonly end: number,
  ) {}

  get id(): string {
    return (this.#id ??= `${this.start}:${this.end}`);
  }

  get maxTimestamp(): number {
    return this.end - 1;
  }

  /** Whether they overlap or touch. */
  intersects(other: TimeWindow): boolean {
    return this.start <= other.end && this.end >= other.start;
  }

  /** The smallest window that holds both. */
  cover(other: TimeWindow): TimeWindow {
    return new TimeWindow(Math.min(this.start, other.start), Math.max(this.end, other.end));
  }

  /**
   * Start of the window that `timestamp` falls into: offset + n * size, n any integer. Exact for times below 2^51, where
   * the quotient cannot round up to a whole number; the remainder of doubles would take ten times as long.
   */
  static startOf(timestamp: number, offset: number, size: number): number {
    return Math.floor((timestamp - offset) / size) * size + offset;
  }
}

/** The window of an id, for timers and sessions of a checkpoint. */
export function windowOfId(id: string): Window {
  if (id === GlobalWindow.INSTANCE.id) return GlobalWindow.INSTANCE;
  const [start, end] = id.split(':').map(Number);
  return new TimeWindow(start, end);
}

/** The one window of all a key's events; only triggers make it fire. */
export class GlobalWindow implements Window {
  static readonly INSTANCE = new GlobalWindow();
  readonly id = 'global';
  readonly maxTimestamp = Infinity;

  private constructor() {}
}
