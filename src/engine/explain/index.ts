export { type Edge, edgePlaces, type EdgeTaken, explainEdges } from './edges.js';
export type { FailedCondition } from './failed-condition.js';
export { type Failure, type Fate, findNearMiss, type NearMiss } from './near-miss.js';
export { eventCountOf, findNearWindow, type NearWindow } from './near-window.js';
