import type { Skip } from './ir/skip.js';
import type { Step } from './ir/step.js';

/**
 * What a rule looks for: the first stage after the document. Checked, frozen, free of document syntax;
 * the NFA compiler reads it, rewrites give a new one.
 */
export interface Pattern {
  readonly steps: readonly Step[];
  /** From the first event of a match to the last, ms, exclusive. */
  readonly within?: number;
  readonly skip: Skip;
}
