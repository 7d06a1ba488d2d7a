import type { Window } from '../window.js';

export interface TimestampedValue<T> {
  readonly value: T;
  /** Epoch ms; undefined for an event without time. */
  readonly timestamp: number | undefined;
}

/** Takes events out of a window before or after its function sees them (Flink's Evictor): each gives what is left. */
export interface Evictor<T, W extends Window = Window> {
  evictBefore(elements: readonly TimestampedValue<T>[], window: W): readonly TimestampedValue<T>[];
  evictAfter(elements: readonly TimestampedValue<T>[], window: W): readonly TimestampedValue<T>[];
}

type Evict<T> = (elements: readonly TimestampedValue<T>[]) => readonly TimestampedValue<T>[];

class OneSidedEvictor<T> implements Evictor<T> {
  constructor(
    private readonly evict: Evict<T>,
    private readonly after: boolean,
  ) {}

  evictBefore(elements: readonly TimestampedValue<T>[]): readonly TimestampedValue<T>[] {
    return this.after ? elements : this.evict(elements);
  }

  evictAfter(elements: readonly TimestampedValue<T>[]): readonly TimestampedValue<T>[] {
    return this.after ? this.evict(elements) : elements;
  }
}

/** Keeps the last `maxCount` events. */
export const CountEvictor = {
  of<T>(maxCount: number, doEvictAfter = false): Evictor<T> {
    return new OneSidedEvictor((elements) => elements.slice(-maxCount), doEvictAfter);
  },
};

/** Keeps the events of the last `size` ms before the latest. */
export const TimeEvictor = {
  of<T>(size: number, doEvictAfter = false): Evictor<T> {
    const evict: Evict<T> = (elements) => {
      if (elements[0]?.timestamp === undefined) return elements;
      const latest = elements.reduce((max, { timestamp = -Infinity }) => Math.max(max, timestamp), -Infinity);
      return elements.filter(({ timestamp = -Infinity }) => timestamp > latest - size);
    };
    return new OneSidedEvictor(evict, doEvictAfter);
  },
};

/** Keeps the events whose distance to the last is below the threshold. */
export const DeltaEvictor = {
  of<T>(threshold: number, delta: (element: T, last: T) => number, doEvictAfter = false): Evictor<T> {
    const evict: Evict<T> = (elements) => {
      const last = elements.at(-1);
      return last === undefined ? elements : elements.filter(({ value }) => delta(value, last.value) < threshold);
    };
    return new OneSidedEvictor(evict, doEvictAfter);
  },
};
