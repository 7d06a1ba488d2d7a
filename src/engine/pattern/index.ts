export type { Link, NegativeLink } from './ir/link.js';
export type { Skip } from './ir/skip.js';
export { isOpenLoop, isOptional, type Step, type StepByKind, type StepKind, takingSteps } from './ir/step.js';
export type { LoopContiguity, Times } from './ir/times.js';
export { DEFAULT_PATTERN_LIMITS, type PatternLimits } from './limits.js';
export type { Pattern } from './pattern.js';
export { type PatternDocument, type PatternReading, readPattern } from './read/read-pattern.js';
export type { ReadPatternOptions } from './read/reading.js';
export { type PatternScopes, scopesOf } from './scopes.js';
