import { and, type Guard, not } from './guard.js';
import type { Action, NfaEdge, NfaState, StateKind } from './nfa.js';

/** A state while the automaton is built. */
export interface DraftState {
  readonly number: number;
  readonly kind: StateKind;
  readonly name: string;
  readonly step: number;
  readonly within: number | undefined;
  /** Of an absence: where it goes on. */
  readonly after?: DraftState;
  edges: DraftEdge[];
}

export interface DraftEdge {
  readonly action: Action;
  readonly target: DraftState;
  guard: Guard;
}

/** The mutable half of the automaton. */
export class NfaBuilder {
  readonly states: DraftState[] = [];

  state(kind: StateKind, name: string, step: number, within?: number, after?: DraftState): DraftState {
    const state: DraftState = { number: this.states.length, kind, name, step, within, after, edges: [] };
    this.states.push(state);
    return state;
  }

  edge(from: DraftState, action: Action, target: DraftState, guard: Guard): void {
    from.edges.push({ action, target, guard });
  }

  /** A state of its own with the same edges; an edge to itself leads to the copy. It has no bound of its own. */
  copy(state: DraftState): DraftState {
    const copy = this.state(state.kind, state.name, state.step);
    for (const { action, target, guard } of state.edges) this.edge(copy, action, target === state ? copy : target, guard);
    return copy;
  }

  /** No edge of the state may be used by an event that fits the guard. */
  forbid(state: DraftState, guard: Guard): void {
    for (const edge of state.edges) edge.guard = and(edge.guard, not(guard));
  }

  /** The states that can be reached, frozen, numbered in the order they were made. */
  build(start: DraftState): { states: readonly NfaState[]; start: number } {
    beginAbsences(reachable(start));
    const reached = reachable(start);
    const kept = this.states.filter((state) => reached.has(state));
    const numbers = new Map(kept.map((state, number) => [state, number]));
    const finishing = finishingStates(kept);
    const states = kept.map((state): NfaState => {
      const edges = state.edges.map(
        (edge): NfaEdge => Object.freeze({ action: edge.action, target: numbers.get(edge.target) as number, guard: edge.guard }),
      );
      const { kind, name, step, within } = state;
      const after = state.after === undefined ? undefined : numbers.get(state.after);
      return Object.freeze({ kind, name, step, within, after, edges: Object.freeze(edges), mayFinish: finishing.has(state) });
    });
    return { states: Object.freeze(states), start: numbers.get(start) as number };
  }
}

/**
 * An absence begins with the event before it: what takes that event and could proceed to the absence enters
 * it at once, beside the loop that goes on. Else the branch would be made by the next event, which may never come.
 */
function beginAbsences(states: ReadonlySet<DraftState>): void {
  const isAbsence = ({ action, target }: DraftEdge) => action === 'proceed' && target.kind === 'absence';
  const absencesAt = new Map([...states].map((state) => [state, absencesFrom(state)]));
  for (const state of states) {
    state.edges = state.edges.flatMap((edge) => {
      if (edge.action !== 'take') return isAbsence(edge) ? [] : [edge];
      const entered = absencesAt.get(edge.target) ?? [];
      return [edge, ...entered.map((target): DraftEdge => ({ ...edge, target }))];
    });
  }
}

/** Those that a state proceeds to. */
function absencesFrom(start: DraftState): DraftState[] {
  const reached = new Set([start]);
  for (const state of reached) for (const { action, target } of state.edges) if (action === 'proceed') reached.add(target);
  reached.delete(start);
  return [...reached].filter(({ kind }) => kind === 'absence');
}

function reachable(start: DraftState): Set<DraftState> {
  const reached = new Set([start]);
  for (const state of reached) {
    for (const { target } of state.edges) reached.add(target);
    if (state.after !== undefined) reached.add(state.after);
  }
  return reached;
}

/** States with a way of proceed edges to a final state. */
function finishingStates(states: readonly DraftState[]): Set<DraftState> {
  const finishing = new Set<DraftState>();
  const leads = ({ action, target }: DraftEdge) => action === 'proceed' && (target.kind === 'final' || finishing.has(target));
  let grown = true;
  while (grown) {
    const before = finishing.size;
    for (const state of states) if (state.edges.some(leads)) finishing.add(state);
    grown = finishing.size > before;
  }
  return finishing;
}
