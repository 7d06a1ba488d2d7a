/**
 * Which values of earlier events the partial matches of each state still need: two of one state that agree
 * in them cannot be told apart by any event to come.
 */
import type { Guard, Nfa, NfaCondition } from '../../nfa/index.js';
import type { StateMoves } from '../compact/moves.js';

export interface NeededValue {
  readonly step: number;
  readonly field: string;
}

/** What of a state's partial matches an event can tell apart. */
export interface StateValues {
  /** In a fixed order: a group's tuple. */
  readonly needed: readonly NeededValue[];
  /** Conditions of the state's moves that look at earlier events, by number. */
  readonly conditions: readonly number[];
  /**
   * Fields of the current event, one for each of `conditions`, that must be equal to the one needed value for
   * the condition to be true. Absent: groups cannot be found by hash.
   */
  readonly lookup?: readonly string[];
}

/** By number of the state; undefined when a condition looks at more than single values in comparisons. */
export function valuesOf(nfa: Nfa, moves: readonly StateMoves[]): readonly StateValues[] | undefined {
  if (!nfa.conditions.every(comparesSingleValues)) return undefined;
  const conditions = moves.map((of) => conditionsOf(nfa, of));
  const ahead = reachableFrom(moves);
  const taken = takenBefore(nfa, moves);
  return moves.map((_, state) => {
    const needed = new Map<string, NeededValue>();
    for (const next of ahead[state])
      for (const condition of conditions[next])
        for (const value of readBy(nfa.conditions[condition]))
          if (taken[state].has(value.step)) needed.set(`${value.step} ${value.field}`, value);
    const list = [...needed.values()];
    return { needed: list, conditions: conditions[state], lookup: lookupOf(nfa, list, conditions[state]) };
  });
}

function comparesSingleValues({ eventOnly, analysis }: NfaCondition): boolean {
  if (eventOnly) return true;
  return (
    analysis?.conjuncts.every((conjunct) =>
      conjunct.kind === 'step'
        ? conjunct.with.at === 'only'
        : conjunct.kind !== 'other' || (conjunct.reads.steps.length === 0 && !conjunct.reads.values),
    ) ?? false
  );
}

function readBy({ analysis }: NfaCondition): NeededValue[] {
  return (
    analysis?.conjuncts.flatMap((conjunct) =>
      conjunct.kind === 'step' ? [{ step: conjunct.with.step, field: conjunct.with.field }] : [],
    ) ?? []
  );
}

function lookupOf(nfa: Nfa, needed: readonly NeededValue[], conditions: readonly number[]): readonly string[] | undefined {
  if (needed.length !== 1) return undefined;
  const [{ step, field }] = needed;
  const fields: string[] = [];
  for (const condition of conditions) {
    const equal = nfa.conditions[condition].analysis?.conjuncts.find(
      (conjunct) => conjunct.kind === 'step' && conjunct.op === '==' && conjunct.with.step === step && conjunct.with.field === field,
    );
    if (equal?.kind !== 'step') return undefined;
    fields.push(equal.field);
  }
  return fields;
}

function conditionsOf(nfa: Nfa, { stops, takes, ignores }: StateMoves): number[] {
  const found = new Set<number>();
  const visit = (guard: Guard): void => {
    if (guard.kind === 'not') visit(guard.of);
    else if (guard.kind === 'and') [guard.left, guard.right].forEach(visit);
    else if (guard.kind === 'condition' && !nfa.conditions[guard.condition].eventOnly) found.add(guard.condition);
  };
  for (const guard of stops) visit(guard);
  for (const { guard } of ignores) visit(guard);
  for (const { guard, finishes } of takes) [guard, ...finishes].forEach(visit);
  return [...found];
}

/** The states that partial matches of each state can come to, itself among them. */
function reachableFrom(moves: readonly StateMoves[]): readonly ReadonlySet<number>[] {
  return moves.map((_, state) => {
    const found = new Set([state]);
    for (const at of found) for (const { target } of [...moves[at].takes, ...moves[at].ignores]) found.add(target);
    return found;
  });
}

/** The steps that may have taken an event when a partial match comes to each state. */
function takenBefore(nfa: Nfa, moves: readonly StateMoves[]): readonly ReadonlySet<number>[] {
  const taken = moves.map(() => new Set<number>());
  let grown = true;
  while (grown) {
    grown = false;
    moves.forEach(({ takes, ignores }, from) => {
      for (const { target, step } of [...takes, ...ignores.map(({ target }) => ({ target, step: -1 }))]) {
        const before = taken[target].size;
        for (const one of taken[from]) taken[target].add(one);
        if (step >= 0) taken[target].add(step);
        grown ||= taken[target].size > before;
      }
    });
  }
  return taken.map((steps, state) => (state === nfa.start ? new Set<number>() : steps));
}
