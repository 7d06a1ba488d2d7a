import type { ExpressionScope, ExpressionTableBuilder } from '../expr/index.js';
import { type Condition, type ConditionFunction, conditionText } from '../pattern/ir/condition.js';
import { distinctCondition } from '../pattern/distinct.js';
import { isBranching, isComposite, sequencesIn, type Step } from '../pattern/ir/step.js';
import type { PatternScopes } from '../pattern/scopes.js';
import { functionExpression } from './condition-function.js';
import { and, type Guard, or, TRUE } from './guard.js';
import type { NfaCondition } from './nfa.js';

/** Guards of a pattern's steps. */
export interface StepGuards {
  /** Does the event fit the step? For a group: true. */
  readonly where: Guard;
  readonly until?: Guard;
}

export interface PatternGuards {
  readonly of: ReadonlyMap<Step, StepGuards>;
  readonly conditions: readonly NfaCondition[];
}

/** Puts the pattern's conditions into the rule's table, each once however often its step repeats. */
export function addConditions(scopes: PatternScopes, table: ExpressionTableBuilder): PatternGuards {
  const conditions: NfaCondition[] = [];
  const add = (condition: Condition | undefined, scope: ExpressionScope): Guard | undefined => {
    if (condition === undefined) return undefined;
    if (typeof condition === 'object') {
      const [left, right] = [add(condition.left, scope) ?? TRUE, add(condition.right, scope) ?? TRUE];
      return condition.join === 'and' ? and(left, right) : or(left, right);
    }
    const number = conditions.push(typeof condition === 'string' ? ofText(condition, scope, table) : ofFunction(condition, scope, table));
    return Object.freeze({ kind: 'condition', condition: number - 1 });
  };
  const of = new Map<Step, StepGuards>();
  for (const [step, scope] of scopes.of) {
    if (isBranching(step)) continue;
    const where = step.kind === 'group' ? undefined : add(step.where, scope);
    const distinct = step.kind === 'loop' ? add(distinctCondition(step), scope) : undefined;
    const from = step.kind === 'group' ? undefined : step.from;
    const stream: Guard = from === undefined ? TRUE : Object.freeze({ kind: 'stream', name: from });
    const until = step.kind === 'loop' || step.kind === 'group' ? add(step.until, scope) : undefined;
    of.set(step, { where: and(stream, and(where ?? TRUE, distinct ?? TRUE)), until });
  }
  for (const step of scopes.of.keys()) if (isBranching(step)) of.set(step, { where: headGuard(step, of) });
  return { of, conditions: Object.freeze(conditions) };
}

/** Does the event fit where the step begins? */
export function headGuard(step: Step, of: ReadonlyMap<Step, StepGuards>): Guard {
  if (!isComposite(step)) return of.get(step)?.where ?? TRUE;
  return sequencesIn(step)
    .map(([head]) => headGuard(head, of))
    .reduce(or);
}

function ofText(text: string, scope: ExpressionScope, table: ExpressionTableBuilder): NfaCondition {
  const { number, analysis } = table.addCondition(text, scope);
  return { expression: number, text, eventOnly: analysis.eventOnly, analysis };
}

function ofFunction(condition: ConditionFunction, scope: ExpressionScope, table: ExpressionTableBuilder): NfaCondition {
  const text = conditionText(condition);
  const { evaluate, eventOnly } = functionExpression(condition, scope);
  return { expression: table.addFunction(text, evaluate), text, eventOnly };
}
