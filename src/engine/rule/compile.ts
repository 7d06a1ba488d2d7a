import type { Event } from '../event/event.js';
import type { FieldLayout } from '../event/field-layout.js';
import { edgePlaces } from '../explain/index.js';
import {
  type CompiledExpression,
  DEFAULT_LIMITS as EXPRESSION_LIMITS,
  type ExpressionScope,
  type ExpressionTable,
  ExpressionTableBuilder,
  type ListStore,
  type MatchView,
} from '../expr/index.js';
import { type RuleTriggers, triggersOf } from '../match/index/triggers.js';
import type { Matcher } from '../match/matcher.js';
import type { MatchRule } from '../match/operator/match-rule.js';
import { createMatcher, type MatcherPlan, planMatcher, type Representation } from '../match/select.js';
import { compilePattern } from '../nfa/index.js';
import { isKeyValue, keyOf, keyOfAll, NO_KEY } from '../state/key.js';
import { compileWindow } from '../window/rule/compile-window.js';
import { windowPlan, type WindowPlan } from '../window/rule/window-plan.js';
import { patternAlertScope, windowAlertScope } from './alert.js';
import type { RuleDefinition } from './definition.js';

/** The bounds a rule has when its document names none. */
export const DEFAULT_LIMITS = { keptEvents: 100_000, keptBytes: 64 * 1024 * 1024, matchesPerEvent: 10_000, onLimit: 'dropOldest' } as const;

/** A definition was checked under the limits of its day; tightening a setting must not stop the rules that run. */
const CHECKED_BEFORE = { ...EXPRESSION_LIMITS, maxLength: Infinity, maxNesting: Infinity };

/** A rule ready to run: matcher, key and the texts of its alerts. Frozen and without state. */
export interface CompiledRule extends MatchRule {
  readonly definition: RuleDefinition;
  /** By step number, as in a match's path. */
  readonly stepNames: readonly string[];
  /** Fields that the rule's expressions read. */
  readonly fields: ReadonlySet<string>;
  /** Named lists that they ask. */
  readonly lists: ReadonlySet<string>;
  /** Which edges lead to its steps: why an alert came. */
  readonly edges: ReturnType<typeof edgePlaces>;
  /** How its open partial matches are kept. */
  readonly plan: MatcherPlan | WindowPlan;
  title(match: MatchView): unknown;
  readonly alertFields: readonly { readonly name: string; evaluate(match: MatchView): unknown }[];
}

export interface CompileOptions {
  /** Without the limits of the rule and of the service. */
  readonly unlimited?: boolean;
  /** The named lists of the task that runs the rule. */
  readonly lists?: ListStore;
  /** Forces a representation of open partial matches that takes the pattern: for tests and comparisons. */
  readonly representation?: Representation;
}

/** Compiles a checked definition. All its expressions become one generated function table. @throws ExpressionError when that gets too large */
export function compileRule(
  definition: RuleDefinition,
  version: number,
  layout: FieldLayout,
  { unlimited = false, lists, representation }: CompileOptions = {},
): CompiledRule {
  const table = new ExpressionTableBuilder(layout, CHECKED_BEFORE);
  const keys = keyExpressions(definition).map((source) => table.add(source, { event: true, steps: [] }));
  const { stepNames, edges, plan, scope, triggers, matcher } = compileBody(definition, table, { unlimited, representation });
  const title = table.addTemplate(definition.alert.title ?? definition.title, scope);
  const fields = Object.entries(definition.alert.fields).map(([name, source]) => ({ name, number: table.add(source, scope) }));
  const built = table.build(lists);
  return Object.freeze({
    id: definition.id,
    version,
    definition,
    matcher: matcher(built),
    triggers,
    layout,
    timeouts: definition.kind === 'pattern' && definition.timeouts,
    suppressFor: definition.suppress?.for,
    stepNames,
    fields: built.fields,
    lists: built.lists,
    edges,
    plan,
    ...keyFunctions(
      definition,
      keys.map((number) => built.functions[number]),
    ),
    expressionText: (number: number) => built.sources[number],
    title: (match: MatchView) => built.functions[title](null, match),
    alertFields: fields.map(({ name, number }) => ({ name, evaluate: (match: MatchView) => built.functions[number](null, match) })),
  });
}

/** What depends on the kind; the matcher is made once the table is built. */
interface Body {
  readonly stepNames: readonly string[];
  readonly edges: CompiledRule['edges'];
  readonly plan: CompiledRule['plan'];
  readonly triggers?: RuleTriggers;
  /** What alerts may read. */
  readonly scope: ExpressionScope;
  matcher(built: ExpressionTable): Matcher<unknown>;
}

function compileBody(definition: RuleDefinition, table: ExpressionTableBuilder, { unlimited, representation }: CompileOptions): Body {
  if (definition.kind === 'window') {
    return {
      stepNames: [],
      edges: edgePlaces([]),
      plan: windowPlan(definition.window),
      scope: windowAlertScope(definition.select),
      matcher: compileWindow(definition, table),
    };
  }
  const { nfa, steps } = compilePattern(definition.pattern, table);
  const limits = unlimited ? undefined : { ...DEFAULT_LIMITS, ...definition.limits };
  return {
    stepNames: steps.map((step) => step.name),
    edges: edgePlaces(definition.pattern.steps),
    plan: planMatcher(nfa),
    triggers: triggersOf(nfa),
    scope: patternAlertScope(steps),
    matcher: (built) => createMatcher(nfa, built, { limits, timeouts: definition.timeouts }, representation) as Matcher<unknown>,
  };
}

function keyExpressions({ key }: RuleDefinition): readonly string[] {
  return key === undefined ? [] : typeof key === 'string' ? [key] : key;
}

function keyFunctions({ key }: RuleDefinition, functions: readonly CompiledExpression[]): Pick<MatchRule, 'keyOf' | 'hasKey'> {
  if (key === undefined) return { keyOf: () => NO_KEY, hasKey: () => true };
  const values = (event: Event): unknown[] => functions.map((evaluate) => evaluate(event, null));
  if (functions.length > 1) return { keyOf: (event) => keyOfAll(values(event)), hasKey: (event) => values(event).every(isKeyValue) };
  const [evaluate] = functions;
  const hasKey = (event: Event): boolean => isKeyValue(evaluate(event, null));
  return typeof key === 'string'
    ? { keyOf: (event) => keyOf(evaluate(event, null)), hasKey }
    : { keyOf: (event) => keyOfAll([evaluate(event, null)]), hasKey };
}
