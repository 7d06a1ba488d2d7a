import { BinaryHeap } from './binary-heap.js';

export interface ScheduledCallback {
  cancel(): void;
}

/** The clock of processing time, and calls at a time of it; the engine has no other clock. */
export interface ProcessingTimeService {
  /** ms */
  currentProcessingTime(): number;
  /** Calls back once the clock reaches `time`, with that time; at the next tick when it has passed. */
  registerTimer(time: number, callback: (time: number) => void): ScheduledCallback;
}

interface Timer {
  readonly time: number;
  readonly order: number;
  readonly callback: (time: number) => void;
  cancelled: boolean;
}

/** A clock that whoever holds it sets: replay, conformance cases, tests. Starts at 0. */
export class ManualProcessingTimeService implements ProcessingTimeService {
  readonly #timers = new BinaryHeap<Timer>((a, b) => a.time < b.time || (a.time === b.time && a.order < b.order));
  #now = 0;
  #order = 0;

  currentProcessingTime(): number {
    return this.#now;
  }

  registerTimer(time: number, callback: (time: number) => void): ScheduledCallback {
    const timer = { time, order: this.#order++, callback, cancelled: false };
    this.#timers.add(timer);
    return { cancel: () => void (timer.cancelled = true) };
  }

  /** Sets the clock and makes all calls that are due, those registered meanwhile too; inside them the clock stands at `time`. */
  advanceTo(time: number): void {
    this.#now = time;
    for (let timer = this.#timers.peek(); timer !== undefined && timer.time <= time; timer = this.#timers.peek()) {
      this.#timers.take();
      if (!timer.cancelled) timer.callback(timer.time);
    }
  }
}
