/** A rule's `select`: names of values and the aggregates that give them. */
import { checkExpression, type ExpressionLimits, type ExpressionScope } from '../../expr/index.js';
import type { Fields } from '../../problem/fields.js';
import { nearest, shown } from '../../problem/problem.js';
import { AGGREGATES, type AggregateName } from './aggregates.js';

/** One value of a window. */
export interface SelectItem {
  readonly name: string;
  readonly aggregate: AggregateName;
  /** CEL over one event: the number aggregated, for `count` the condition; absent: every event counts. */
  readonly expression?: string;
}

export interface SelectScope {
  readonly event: ExpressionScope;
  readonly limits: ExpressionLimits;
}

const MAX_ITEMS = 100;
const FORM = /^\s*([A-Za-z_]\w*)\s*\(([\s\S]*)\)\s*$/;
const EXPECTED = `count(), count(condition), or one of sum, min, max, avg of an expression, such as "sum(amount)"`;

/** The key `select` of a rule, in the document's order. */
export function readSelect(rule: Fields, scope: SelectScope): readonly SelectItem[] | undefined {
  if (!rule.has('select')) return rule.missing('select', `an object of ${EXPECTED}`);
  const names = Object.keys(Object(rule.get('select')));
  const select = rule.nested('select', names);
  if (select === undefined) return undefined;
  if (names.length === 0 || names.length > MAX_ITEMS) {
    return select.findings.problem('out-of-range', select.pointer, `\`select\` has from 1 to ${MAX_ITEMS} values`, {
      found: String(names.length),
      expected: `1 to ${MAX_ITEMS}`,
    });
  }
  const items = names.flatMap((name) => readItem(name, select, scope) ?? []);
  // With one that cannot be read, names in `having` and alerts would be called unknown.
  return items.length === names.length ? items : undefined;
}

function readItem(name: string, select: Fields, { event, limits }: SelectScope): SelectItem | undefined {
  const source = select.text(name, EXPECTED);
  if (source === undefined) return undefined;
  const pointer = select.at(name);
  const form = FORM.exec(source);
  if (form === null) {
    return select.findings.problem('invalid-aggregate', pointer, `\`${name}\` is not an aggregate`, {
      found: shown(source),
      expected: EXPECTED,
    });
  }
  const [, word, inner] = form;
  const aggregate = AGGREGATES.find((one) => one === word);
  if (aggregate === undefined) {
    const suggestion = nearest(word, AGGREGATES);
    const hint = suggestion === undefined ? '' : `, did you mean \`${suggestion}\`?`;
    return select.findings.problem('unknown-function', pointer, `there is no aggregate \`${word}\`${hint}`, {
      found: shown(word),
      expected: AGGREGATES.join(', '),
      suggestion,
    });
  }
  if (inner.trim() === '') {
    if (aggregate === 'count') return { name, aggregate };
    return select.findings.problem('wrong-argument-count', pointer, `\`${aggregate}\` needs an expression`, {
      found: shown(source),
      expected: `${aggregate}(expression)`,
    });
  }
  const [problem] = checkExpression(inner, event, limits);
  if (problem === undefined) return { name, aggregate, expression: inner };
  const { position, code, message, ...more } = problem;
  return select.findings.problem(code, pointer, `${message} (at character ${source.indexOf('(') + position + 2})`, more);
}
