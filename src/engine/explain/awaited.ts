import type { ExpressionScope } from '../expr/index.js';
import type { GuardEvaluator } from '../match/guard-evaluator.js';
import type { Guard, Nfa, NfaState } from '../nfa/index.js';
import { celTexts } from '../pattern/ir/condition.js';
import type { Pattern } from '../pattern/pattern.js';
import { scopesOf } from '../pattern/scopes.js';

/** A step that may take the next event of a partial match, and when. */
export interface Awaited {
  readonly step: string;
  readonly guard: Guard;
}

/** All steps that could take an event in this state: its own, then those it may go on to. */
export function awaitedIn(nfa: Nfa, state: number): Awaited[] {
  const awaited = new Map<string, Awaited>();
  for (const { name, edges } of statesFrom(nfa, state)) {
    const take = edges.find(({ action, target }) => action === 'take' && nfa.states[target].kind !== 'stop');
    if (take !== undefined && !awaited.has(name)) awaited.set(name, { step: name, guard: take.guard });
  }
  return [...awaited.values()];
}

/** The negation that ends a partial match by this event, if one does. */
export function forbiddenBy(nfa: Nfa, state: number, guards: GuardEvaluator): string | undefined {
  for (const { edges } of statesFrom(nfa, state)) {
    const stop = edges.find(({ target, guard }) => nfa.states[target].kind === 'stop' && guards.holds(guard));
    if (stop !== undefined) return nfa.states[stop.target].name;
  }
  return undefined;
}

/** May a partial match in this state pass over the event? The place before the first step always does. */
export function mayWaitOn(nfa: Nfa, state: number, guards: GuardEvaluator): boolean {
  if (state === nfa.start) return true;
  return statesFrom(nfa, state).some(({ edges }) => edges.some(({ action, guard }) => action === 'ignore' && guards.holds(guard)));
}

/** The state and all that it proceeds to. */
function statesFrom(nfa: Nfa, start: number): NfaState[] {
  const reached = new Set([start]);
  for (const state of reached) for (const { action, target } of nfa.states[state].edges) if (action === 'proceed') reached.add(target);
  return [...reached].map((state) => nfa.states[state]);
}

/** The part of a guard that does not hold: of two that must, the first. */
export function failingPart(guard: Guard, guards: GuardEvaluator): Guard {
  if (guard.kind !== 'and') return guard;
  return failingPart(guards.holds(guard.left) ? guard.right : guard.left, guards);
}

/** What the names in a condition mean, by its text; of several steps with this text the one that sees most. */
export function scopesByText({ steps }: Pattern): ReadonlyMap<string, ExpressionScope> {
  const scopes = new Map<string, ExpressionScope>();
  for (const [step, scope] of scopesOf(steps).of) {
    const where = 'where' in step ? step.where : undefined;
    const until = 'until' in step ? step.until : undefined;
    for (const text of [...celTexts(where), ...celTexts(until)])
      if ((scopes.get(text)?.steps.length ?? -1) < scope.steps.length) scopes.set(text, scope);
  }
  return scopes;
}

/** A guard as people read it. */
export function guardText(guard: Guard, nfa: Nfa): string {
  switch (guard.kind) {
    case 'true':
      return 'true';
    case 'condition':
      return nfa.conditions[guard.condition].text;
    case 'stream':
      return `from ${guard.name}`;
    case 'not':
      return `not (${guardText(guard.of, nfa)})`;
    case 'and':
      return `${guardText(guard.left, nfa)} and ${guardText(guard.right, nfa)}`;
  }
}
