/** `window`, `select`, `having` and `allowedLateness` of a rule document; all problems at once. */
import { checkExpression, type ExpressionProblem } from '../../expr/index.js';
import type { Fields } from '../../problem/fields.js';
import { shown } from '../../problem/problem.js';
import { readSelect, type SelectScope } from '../select/read-select.js';
import { readWindow } from '../spec/read-window.js';
import { RESERVED_VALUES, type WindowRule, windowValueNames } from './window-rule.js';

/** Undefined with problems. */
export function readWindowRule(
  fields: Fields,
  scope: SelectScope,
  report: (problems: readonly ExpressionProblem[], pointer: string) => void,
): WindowRule | undefined {
  const window = readWindow(fields);
  const select = readSelect(fields, scope);
  checkNames(fields);
  const having = fields.text('having', 'a condition over the selected values');
  if (having !== undefined && select !== undefined) {
    report(
      checkExpression(having, { event: false, steps: [], values: windowValueNames(select), lists: scope.event.lists }, scope.limits),
      fields.at('having'),
    );
  }
  const allowedLateness = fields.duration('allowedLateness', 0) ?? 0;
  if (window === undefined || select === undefined) return undefined;
  warnLateness(fields);
  return { window, select, having, allowedLateness };
}

function checkNames(fields: Fields): void {
  for (const name of Object.keys(Object(fields.get('select')))) {
    if (!RESERVED_VALUES.includes(name)) continue;
    fields.findings.problem('reserved-name', `${fields.at('select')}/${name}`, `no selected value may be named \`${name}\``, {
      found: shown(name),
    });
  }
}

function warnLateness(fields: Fields): void {
  if (!fields.has('allowedLateness')) return;
  fields.findings.warnings.push({
    code: 'lateness-without-effect',
    message: "rules see events in order of time: what is later than the stream's `outOfOrderness` is a dead letter, no window waits for it",
    pointer: fields.at('allowedLateness'),
  });
}
