export type { RunsState } from './run.js';
export { createRunsMatcher } from './runs-matcher.js';
