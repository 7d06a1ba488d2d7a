import type { MatchOutput, Taken } from '../matcher.js';
import { type Branch, enumerate, pathsIn, type Starts } from './branch.js';

/** Tells the matches of one event, or of one step of time, up to a limit, and counts those given up. */
export class BoundedMatches {
  #left = Infinity;
  #dropped = 0;

  open(limit = Infinity): void {
    this.#left = limit;
    this.#dropped = 0;
  }

  /** Those of the set, each ended by `tail`. */
  each(set: Branch | undefined, tail: Taken | undefined, starts: Starts, tell: (path: readonly Taken[]) => void): void {
    let told = 0;
    enumerate(set, tail, starts, (path) => {
      if (told >= this.#left) return false;
      told++;
      tell(path);
      return true;
    });
    this.#left -= told;
    if (this.#left === 0) this.#dropped += pathsIn(set, tail, starts) - told;
  }

  close(out: MatchOutput): void {
    if (this.#dropped > 0) out.limitReached('matchesPerEvent', this.#dropped);
  }
}
