export { AfterMatchSkipStrategy } from './after-match-skip-strategy.js';
export type { Bindings, EventOf } from './bindings.js';
export type { Branches } from './branches.js';
export { type AnyEvent, type IterativeContext, Pattern, type PatternStart, type StepCondition, type WithinType } from './pattern.js';
export { PatternError } from './pattern-error.js';
