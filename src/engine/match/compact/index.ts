export { createCompactMatcher } from './compact-matcher.js';
export type { CompactState } from './state.js';
