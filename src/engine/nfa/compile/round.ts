import type { DraftState } from '../builder.js';
import type { Guard } from '../guard.js';
import type { Place } from '../place.js';

/** One step to be compiled once: where it takes events, where it may be left out to, under which guards. */
export interface Round {
  readonly place: Place;
  /** Where an event that it takes leads. */
  readonly sink: DraftState;
  /** Where leaving it out leads. */
  readonly bypass: DraftState;
  readonly take: Guard;
  /** Absent: no event may be ignored. */
  readonly ignore: Guard | undefined;
  readonly optional: boolean;
  readonly firstRound: boolean;
}
