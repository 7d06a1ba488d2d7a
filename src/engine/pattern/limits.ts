/** Bounds on a pattern document; a hostile one must not become a huge automaton. */
export interface PatternLimits {
  /** Steps, groups and the steps in them counted. */
  readonly maxSteps: number;
  readonly maxNesting: number;
  /** Largest min or max of a `times`. */
  readonly maxTimes: number;
  /** Steps with every repetition written out: what the automaton grows with. */
  readonly maxUnrolled: number;
  /** Positions at which one event may be tried for one partial match. */
  readonly maxWays: number;
}

export const DEFAULT_PATTERN_LIMITS: PatternLimits = { maxSteps: 64, maxNesting: 8, maxTimes: 1000, maxUnrolled: 10_000, maxWays: 10_000 };
