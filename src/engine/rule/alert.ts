import { checkExpression, checkTemplate, type ExpressionLimits, type ExpressionScope, type StepBinding } from '../expr/index.js';
import type { Fields } from '../problem/fields.js';
import type { SelectItem } from '../window/select/read-select.js';
import { windowValueNames } from '../window/rule/window-rule.js';
import { nearest, shown } from '../problem/problem.js';
import { ALERT_EVENTS, type AlertDefinition } from './definition.js';
import { reportExpression } from './expressions.js';

const MAX_FIELDS = 100;

export interface AlertContext {
  /** What alerts may read; undefined when the pattern or window itself has problems. */
  readonly scope: ExpressionScope | undefined;
  readonly limits: ExpressionLimits;
  readonly knownSinks?: readonly string[];
}

/** What the title and the fields of an alert may read: every step, and `key`. */
export function patternAlertScope(steps: readonly StepBinding[]): ExpressionScope {
  return { event: false, steps, values: ['key'] };
}

/** What they may read of a window: the selected values, `window` ({start, end}) and `key`. */
export function windowAlertScope(select: readonly SelectItem[]): ExpressionScope {
  return { event: false, steps: [], values: ['key', ...windowValueNames(select)] };
}

/** The key `alert` of a rule. Its expressions are checked only when the steps are known. */
export function readAlert(rule: Fields, ruleTitle: string, context: AlertContext): AlertDefinition {
  const alert = rule.nested('alert', ['title', 'fields', 'events', 'to']);
  // The rule's own title is plain text.
  const plain = ruleTitle.replaceAll('${', () => '$${');
  if (alert === undefined) return { title: plain, fields: {}, events: 'full' };
  const title = alert.text('title', 'a text; ${expression} is replaced by its value');
  if (title !== undefined && context.scope !== undefined) {
    reportExpression(checkTemplate(title, context.scope, context.limits), alert.at('title'), alert.findings);
  }
  return {
    title: title ?? plain,
    fields: readFields(alert, context),
    events: alert.oneOf('events', ALERT_EVENTS) ?? 'full',
    to: readSinks(alert, context.knownSinks),
  };
}

function readFields(alert: Fields, { scope, limits }: AlertContext): Record<string, string> {
  const names = Object.keys(Object(alert.get('fields')));
  const fields = alert.nested('fields', names);
  if (fields === undefined) return {};
  if (names.length > MAX_FIELDS) {
    alert.findings.problem('out-of-range', fields.pointer, `an alert may have ${MAX_FIELDS} fields`, {
      found: String(names.length),
      expected: `at most ${MAX_FIELDS}`,
    });
    return {};
  }
  const expressions: [string, string][] = [];
  for (const name of names) {
    const source = fields.text(name, 'an expression (a text)');
    if (source === undefined) continue;
    if (scope !== undefined) reportExpression(checkExpression(source, scope, limits), fields.at(name), fields.findings);
    expressions.push([name, source]);
  }
  return Object.fromEntries(expressions);
}

function readSinks(alert: Fields, known: readonly string[] | undefined): readonly string[] | undefined {
  const sinks = alert.texts('to', 'a list of sinks', true);
  for (const [index, sink] of (sinks ?? []).entries()) {
    if (known === undefined || known.includes(sink)) continue;
    const suggestion = nearest(sink, known);
    alert.findings.problem('unknown-sink', `${alert.at('to')}/${index}`, `there is no sink \`${sink}\``, {
      found: shown(sink),
      expected: `one of ${known.join(', ')}`,
      suggestion,
    });
  }
  return sinks;
}
