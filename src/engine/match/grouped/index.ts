export { createGroupedMatcher } from './grouped-matcher.js';
export { valuesOf } from './needed-values.js';
export type { GroupedState } from './state.js';
