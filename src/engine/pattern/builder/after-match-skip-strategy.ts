import type { Skip } from '../ir/skip.js';

/** What a match takes away from others that share events with it (Flink's AfterMatchSkipStrategy). */
export const AfterMatchSkipStrategy = Object.freeze({
  /** Every possible match. */
  noSkip: (): Skip => ({ strategy: 'noSkip' }),
  /** Gives up every partial match that began with the same event. */
  skipToNext: (): Skip => ({ strategy: 'toNext' }),
  /** Gives up every partial match that began before the match ended. */
  skipPastLastEvent: (): Skip => ({ strategy: 'pastLast' }),
  /** Gives up every partial match that began before the first event of the step. */
  skipToFirst: (step: string): Skip => ({ strategy: 'toFirst', step }),
  /** Gives up every partial match that began before the last event of the step. */
  skipToLast: (step: string): Skip => ({ strategy: 'toLast', step }),
});
