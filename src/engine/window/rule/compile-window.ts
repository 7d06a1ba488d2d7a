/** A rule's window part to the matcher that runs it. */
import type { ExpressionScope, ExpressionTable, ExpressionTableBuilder } from '../../expr/index.js';
import type { Matcher } from '../../match/matcher.js';
import { SelectionBuilder } from '../select/selection.js';
import { CountMatcher } from './count-matcher.js';
import { PaneMatcher } from './pane-matcher.js';
import { SessionMatcher } from './session-matcher.js';
import { type WindowRule, windowValueNames } from './window-rule.js';
import type { WindowFunctions } from './window-state.js';

const EVENT: ExpressionScope = { event: true, steps: [] };

/** Adds the rule's expressions to the table; the matcher is made once that is built. */
export function compileWindow(rule: WindowRule, table: ExpressionTableBuilder): (built: ExpressionTable) => Matcher<unknown> {
  const selection = new SelectionBuilder(rule.select, table, EVENT);
  const having =
    rule.having === undefined ? undefined : table.add(rule.having, { event: false, steps: [], values: windowValueNames(rule.select) });
  return (built) =>
    matcherOf(rule, {
      selection: selection.build(built),
      having: having === undefined ? undefined : { number: having, evaluate: built.functions[having] },
    });
}

function matcherOf({ window }: WindowRule, functions: WindowFunctions): Matcher<unknown> {
  switch (window.kind) {
    case 'tumbling':
    case 'sliding':
      return new PaneMatcher(window, functions) as Matcher<unknown>;
    case 'session':
      return new SessionMatcher(window.gap, functions) as Matcher<unknown>;
    case 'count':
      return new CountMatcher(window.size, window.every, functions) as Matcher<unknown>;
  }
}
