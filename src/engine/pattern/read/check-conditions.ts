import { checkExpression, conditionWarnings } from '../../expr/index.js';
import { pointerTo } from '../../problem/problem.js';
import { celTexts } from '../ir/condition.js';
import { distinctCondition } from '../distinct.js';
import { isComposite, type Step } from '../ir/step.js';
import { scopesOf } from '../scopes.js';
import type { Reading } from './reading.js';

/** Checks every condition with the names it may use. */
export function checkConditions(steps: readonly Step[], reading: Reading): void {
  const scopes = scopesOf(steps);
  const { findings, options } = reading;
  for (const [step, scope] of scopes.of) {
    const where = isComposite(step) ? undefined : step.where;
    const until = step.kind === 'loop' || step.kind === 'group' ? step.until : undefined;
    const distinct = step.kind === 'loop' ? distinctCondition(step) : undefined;
    for (const [key, source] of [
      ['where', where],
      ['until', until],
      ['times/distinct', distinct],
    ] as const) {
      const pointer = key.split('/').reduce(pointerTo, reading.pointers.get(step) ?? '');
      for (const text of celTexts(source)) {
        for (const { position, ...problem } of checkExpression(
          text,
          { ...scope, fields: options.fields, lists: options.lists },
          options.expressionLimits,
        )) {
          findings.problems.push({ ...problem, message: `${problem.message}, at character ${position + 1}`, pointer });
        }
        for (const { code, message } of conditionWarnings(text, scope, options.expressionLimits)) {
          findings.warnings.push({ code, message, pointer });
        }
      }
    }
  }
}
