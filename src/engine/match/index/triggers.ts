/**
 * Which events concern a pattern at all. A trigger is known not to fire without evaluating a condition (predicate-
 * index.ts); while none does, an event begins nothing and leaves what is open as it is, and no condition that the
 * matcher would have evaluated is in error. So a rule need not be asked, and counts the same errors.
 */
import type { ConditionAnalysis } from '../../expr/index.js';
import type { Guard, Nfa, NfaState } from '../../nfa/index.js';
import { movesOf, type StateMoves } from '../compact/moves.js';

/** Fires unless the event is of another stream, or the condition is certainly false and no error. */
export interface Trigger {
  readonly stream?: string;
  /** Absent: fires for any event of the stream, or of all. */
  readonly condition?: ConditionAnalysis;
}

/** When an event need not be shown to a pattern's matcher. */
export interface RuleTriggers {
  /** Without one of these an event begins nothing. */
  readonly begin: readonly Trigger[];
  /** Without one of these and of `begin` an event changes nothing that is open. Absent: any event may (strict contiguity). */
  readonly open?: readonly Trigger[];
}

export function triggersOf(nfa: Nfa): RuleTriggers {
  const moves = movesOf(nfa);
  const begin = new QuietStates(nfa);
  begin.add(moves[nfa.start]);
  // What begins with any event may begin with this one.
  if (begin.moved) return { begin: [{}] };
  const open = new QuietStates(nfa);
  const stay = moves.every((of, state) => {
    if (state === nfa.start || isEnd(nfa.states[state])) return true;
    const targets = open.add(of);
    return targets.length === 1 && targets[0] === state && !open.moved;
  });
  return stay ? { begin: begin.triggers, open: open.triggers } : { begin: begin.triggers };
}

/** Nothing waits there. */
function isEnd({ kind }: NfaState): boolean {
  return kind === 'final' || kind === 'stop';
}

/** Whatever makes a guard be asked: a condition by its number, or none, of events of the stream, or of any. */
interface Cause {
  readonly stream?: string;
  readonly condition?: number;
}

/** A guard while none of its causes is there. */
interface QuietGuard {
  readonly value: boolean;
  readonly causes: readonly Cause[];
}

/** What becomes of states while no trigger fires, and the triggers that were needed to say so. */
class QuietStates {
  /** Some state's partial matches take the event, or die by it. */
  moved = false;
  readonly #causes = new Map<string, Cause>();

  constructor(readonly nfa: Nfa) {}

  get triggers(): readonly Trigger[] {
    return [...this.#causes.values()].map(({ stream, condition }) => ({
      stream,
      condition: condition === undefined ? undefined : this.nfa.conditions[condition].analysis,
    }));
  }

  /** The states that its partial matches go on to without the event. */
  add({ takes, stops, ignores }: StateMoves): readonly number[] {
    for (const guard of [...takes.map((take) => take.guard), ...stops]) if (this.#holds(guard)) this.moved = true;
    return ignores.filter(({ guard }) => this.#holds(guard)).map(({ target }) => target);
  }

  #holds(guard: Guard): boolean {
    const { value, causes } = quiet(guard);
    for (const cause of causes) this.#causes.set(`${cause.condition} ${cause.stream}`, cause);
    return value;
  }
}

function quiet(guard: Guard): QuietGuard {
  switch (guard.kind) {
    case 'true':
      return { value: true, causes: [] };
    case 'stream':
      return { value: false, causes: [{ stream: guard.name }] };
    case 'condition':
      return { value: false, causes: [{ condition: guard.condition }] };
    case 'not': {
      const { value, causes } = quiet(guard.of);
      return { value: !value, causes };
    }
    case 'and':
      return quietBoth(guard.left, quiet(guard.left), quiet(guard.right));
  }
}

/** The right side is evaluated only where the left one is true. An event's stream is never an error. */
function quietBoth(guard: Guard, left: QuietGuard, right: QuietGuard): QuietGuard {
  if (guard.kind === 'stream' && !right.value)
    return { value: false, causes: right.causes.map((cause) => ({ ...cause, stream: guard.name })) };
  return left.value ? { value: right.value, causes: [...left.causes, ...right.causes] } : left;
}
