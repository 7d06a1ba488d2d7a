import type { ExpressionScope, ExpressionTableBuilder } from '../expr/index.js';
import { type Condition, type ConditionFunction, conditionText } from '../pattern/ir/condition.js';
import type { Step } from '../pattern/ir/step.js';
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
    const where = step.kind === 'group' ? undefined : add(step.where, scope);
    const from = step.kind === 'group' ? undefined : step.from;
    const stream: Guard = from === undefined ? TRUE : Object.freeze({ kind: 'stream', name: from });
    const until = step.kind === 'loop' || step.kind === 'group' ? add(step.until, scope) : undefined;
    of.set(step, { where: and(stream, where ?? TRUE), until });
  }
  return { of, conditions: Object.freeze(conditions) };
}

function ofText(text: string, scope: ExpressionScope, table: ExpressionTableBuilder): NfaCondition {
  return { expression: table.add(text, scope), text, eventOnly: !mentionsStep(text, scope) };
}

function ofFunction(condition: ConditionFunction, scope: ExpressionScope, table: ExpressionTableBuilder): NfaCondition {
  const text = conditionText(condition);
  const { evaluate, eventOnly } = functionExpression(condition, scope);
  return { expression: table.addFunction(text, evaluate), text, eventOnly };
}

/** By text, so true too often rather than too seldom. */
function mentionsStep(text: string, scope: ExpressionScope): boolean {
  const code = withoutStrings(text);
  return scope.steps.some((step) => step !== undefined && code.includes(step.name));
}

/** Words in quotes are no names; where quoting is not plain, the text stays as it is. */
function withoutStrings(text: string): string {
  return /\\|\/\/|"""|'''/.test(text) ? text : text.replace(/"[^"]*"|'[^']*'/g, '""');
}
