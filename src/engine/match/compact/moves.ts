import { and, type Guard, type Nfa, TRUE } from '../../nfa/index.js';

/** What an event can do with the partial matches of one state; proceed edges are walked beforehand. */
export interface StateMoves {
  /** They die, whatever else holds. */
  readonly stops: readonly Guard[];
  readonly takes: readonly TakeMove[];
  readonly ignores: readonly IgnoreMove[];
}

export interface TakeMove {
  readonly guard: Guard;
  /** The step that takes the event. */
  readonly step: number;
  readonly target: number;
  /** The match is complete, and nothing goes on. */
  readonly completes: boolean;
  /** If one holds, the match is complete as well: what follows is optional. */
  readonly finishes: readonly Guard[];
}

export interface IgnoreMove {
  readonly guard: Guard;
  readonly target: number;
  readonly completes: boolean;
}

/** By number of the state. */
export function movesOf(nfa: Nfa): readonly StateMoves[] {
  return nfa.states.map((_, state) => {
    const moves = { stops: [] as Guard[], takes: [] as TakeMove[], ignores: [] as IgnoreMove[] };
    collect(nfa, state, TRUE, moves);
    return moves;
  });
}

function collect(nfa: Nfa, from: number, path: Guard, moves: { stops: Guard[]; takes: TakeMove[]; ignores: IgnoreMove[] }): void {
  const { edges, step } = nfa.states[from];
  for (const { action, target, guard: own } of edges) {
    const guard = and(path, own);
    const { kind, mayFinish } = nfa.states[target];
    const completes = kind === 'final';
    if (action === 'proceed') collect(nfa, target, guard, moves);
    else if (action === 'ignore') moves.ignores.push({ guard, target, completes });
    else if (kind === 'stop') moves.stops.push(guard);
    else moves.takes.push({ guard, step, target, completes, finishes: mayFinish ? waysToEnd(nfa, target, TRUE) : [] });
  }
}

/** Guards of the ways of proceed edges to the end. */
function waysToEnd(nfa: Nfa, from: number, path: Guard): Guard[] {
  return nfa.states[from].edges.flatMap(({ action, target, guard: own }) => {
    if (action !== 'proceed') return [];
    const guard = and(path, own);
    return nfa.states[target].kind === 'final' ? [guard] : waysToEnd(nfa, target, guard);
  });
}
