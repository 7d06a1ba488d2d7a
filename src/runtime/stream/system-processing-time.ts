import type { ProcessingTimeService, ScheduledCallback } from '../../engine/time/processing-time-service.js';

/** Longer delays would overflow the timer of the platform. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The wall clock. Calls come between two batches of a source, never inside one. */
export class SystemProcessingTime implements ProcessingTimeService {
  readonly #timers = new Set<NodeJS.Timeout>();

  /** @param onError what a call throws */
  constructor(private readonly onError: (error: unknown) => void) {}

  currentProcessingTime(): number {
    return Date.now();
  }

  registerTimer(time: number, callback: (time: number) => void): ScheduledCallback {
    const schedule = (): NodeJS.Timeout => {
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer);
          if (Date.now() < time) current = schedule();
          else this.#call(time, callback);
        },
        Math.min(Math.max(time - Date.now(), 0), MAX_DELAY_MS),
      );
      this.#timers.add(timer);
      return timer;
    };
    let current = schedule();
    return {
      cancel: () => {
        clearTimeout(current);
        this.#timers.delete(current);
      },
    };
  }

  /** Nothing is called any more: timers of a program that has ended are dropped, as in Flink. */
  quiesce(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #call(time: number, callback: (time: number) => void): void {
    try {
      callback(time);
    } catch (error) {
      this.onError(error);
    }
  }
}
