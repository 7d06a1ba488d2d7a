export type { RunsLimits } from './limits.js';
export type { RunsState } from './run.js';
export { createRunsMatcher, type RunsOptions } from './runs-matcher.js';
