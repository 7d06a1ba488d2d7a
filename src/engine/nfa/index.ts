export { compilePattern } from './compile.js';
export { drawNfa } from './draw.js';
export { and, type Guard, TRUE } from './guard.js';
export type { Action, Nfa, NfaCondition, NfaEdge, NfaSkip, NfaState, StateKind } from './nfa.js';
export { mapStates, type StateMapping } from './map-states.js';
