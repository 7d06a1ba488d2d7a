import type { NfaSkip } from '../../nfa/index.js';
import type { Link } from './run.js';

/**
 * Which partial and completed matches a match takes away: those whose first event's number is at most this.
 * -Infinity: none.
 */
export function skippedUpTo(skip: NfaSkip, first: number, last: Link): number {
  switch (skip.strategy) {
    case 'noSkip':
      return -Infinity;
    case 'toNext':
      return first;
    case 'pastLast':
      return last.sequence;
    case 'toFirst':
    case 'toLast':
      return sequenceOf(last, skip.step, skip.strategy === 'toLast') - 1;
  }
}

/** The number of the step's first or last event, -Infinity if it took none. */
function sequenceOf(last: Link, step: number, latest: boolean): number {
  let found = -Infinity;
  for (let link: Link | undefined = last; link !== undefined; link = link.previous) {
    if (link.step !== step) continue;
    found = link.sequence;
    if (latest) break;
  }
  return found;
}
