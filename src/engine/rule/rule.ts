/** A parsed rule document to a definition: every key is checked, all problems come out at once. */
import { FieldLayout } from '../event/field-layout.js';
import { checkExpression, ExpressionError, type ExpressionLimits, type ExpressionScope } from '../expr/index.js';
import { type Pattern, readPattern, scopesOf } from '../pattern/index.js';
import { Fields, Findings } from '../problem/fields.js';
import { nearest, type Problem, pointerTo, shown } from '../problem/problem.js';
import { readWindowRule } from '../window/rule/read-window-rule.js';
import type { WindowRule } from '../window/rule/window-rule.js';
import { patternAlertScope, readAlert, windowAlertScope } from './alert.js';
import { canonicalJson } from './canonical.js';
import { compileRule } from './compile.js';
import {
  ON_LIMIT,
  ON_STALL,
  RULE_STATUSES,
  type PatternRuleDefinition,
  type RuleDefinition,
  type RuleLimits,
  SEVERITIES,
  type StreamDefinition,
} from './definition.js';
import { expressionLimits, reportExpression } from './expressions.js';
import { deepFreeze } from './freeze.js';
import { DEFAULT_DOCUMENT_LIMITS, type DocumentLimits } from './limits.js';
import { commonSchema } from './schema.js';

const COMMON_KEYS = ['id', 'title', 'description', 'severity', 'tags', 'status', 'from', 'key', 'alert', 'suppress', 'limits', 'onStall'];
const PATTERN_KEYS = ['pattern', 'within', 'skip', 'timeouts'];
const WINDOW_KEYS = ['window', 'select', 'allowedLateness', 'having'];
const MAX_STREAMS = 32;
const MAX_KEYS = 16;

export interface RuleReadOptions {
  readonly limits?: Partial<DocumentLimits>;
  /** A stream's definition: its schema is held against the expressions. */
  readonly streams?: (name: string) => StreamDefinition | undefined;
  /** With it, a rule on another stream has a problem. Without it, `streams` decides when given. */
  readonly knownStreams?: Iterable<string>;
  /** With it, a condition that asks another list has a problem. */
  readonly knownLists?: Iterable<string>;
  /** With it, an alert to another sink has a problem. */
  readonly knownSinks?: Iterable<string>;
  /** The id when the document has none (PUT /rules/:id); another one in the document is a problem. */
  readonly id?: string;
}

export interface RuleReadResult {
  /** Present when there are no problems. */
  readonly rule?: RuleDefinition;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Checks a parsed rule document; it never throws for what a document says. */
export function readRule(value: unknown, options: RuleReadOptions = {}): RuleReadResult {
  const findings = new Findings();
  const fields = Fields.of(value, '', findings, [...COMMON_KEYS, ...PATTERN_KEYS, ...WINDOW_KEYS]);
  const kind = fields && kindOf(fields);
  const rule = fields && kind && readKeys(fields, kind, options);
  const { problems, warnings } = findings;
  if (rule !== undefined && problems.length === 0) checkCompiles(rule, findings);
  return problems.length > 0 || rule === undefined ? { problems, warnings } : { rule: deepFreeze(rule), problems, warnings };
}

/** What only shows when all expressions come together: found here, it does not reach the engine. */
function checkCompiles(rule: RuleDefinition, findings: Findings): void {
  try {
    compileRule(rule, 0, new FieldLayout());
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    for (const { position: _position, ...problem } of error.problems) findings.problems.push({ ...problem, pointer: '' });
  }
}

/** A rule without a kind goes no further: what its other keys mean is not known. */
function kindOf(fields: Fields): RuleDefinition['kind'] | undefined {
  const { findings } = fields;
  if (fields.has('pattern') && fields.has('window')) {
    return findings.problem('ambiguous-kind', '', 'a rule has either `pattern` or `window`, this one has both', {
      expected: 'pattern or window',
    });
  }
  if (!fields.has('pattern') && !fields.has('window')) {
    return findings.problem('missing-key', '', '`pattern` or `window` is missing: expected a list of steps, or a window', {
      expected: 'pattern, a list of steps, or window',
    });
  }
  const kind = fields.has('pattern') ? 'pattern' : 'window';
  const [own, other] = kind === 'pattern' ? [PATTERN_KEYS, WINDOW_KEYS] : [WINDOW_KEYS, PATTERN_KEYS];
  for (const key of other) {
    if (!fields.has(key)) continue;
    findings.problem('unknown-key', fields.at(key), `\`${key}\` belongs to a ${kind === 'pattern' ? 'window' : 'pattern'} rule`, {
      found: shown(key),
      expected: `one of ${[...COMMON_KEYS, ...own].join(', ')}`,
    });
  }
  return kind;
}

function readKeys(fields: Fields, kind: RuleDefinition['kind'], options: RuleReadOptions): RuleDefinition | undefined {
  const limits = { ...DEFAULT_DOCUMENT_LIMITS, ...options.limits };
  const expressions = expressionLimits(limits);
  const id = readId(fields, options.id) ?? '';
  const from = readFrom(fields, options) ?? [];
  const lists = options.knownLists && [...options.knownLists];
  const scope: ExpressionScope = { event: true, steps: [], fields: commonSchema(from.map((name) => options.streams?.(name))), lists };
  const key = readKey(fields, scope, expressions);
  const title = fields.text('title') ?? id;
  const body = kind === 'pattern' ? readPatternBody(fields, from, limits, scope) : readWindowBody(fields, scope, expressions);
  const common = {
    id,
    title,
    description: fields.text('description'),
    severity: fields.oneOf('severity', SEVERITIES) ?? 'medium',
    tags: fields.texts('tags', 'a list of texts', true) ?? [],
    status: fields.oneOf('status', RULE_STATUSES) ?? 'active',
    from,
    key,
    alert: readAlert(fields, title, {
      scope: body && { ...body.alertScope, lists },
      limits: expressions,
      knownSinks: options.knownSinks && [...options.knownSinks],
    }),
    suppress: readSuppress(fields),
    limits: readLimits(fields),
    onStall: fields.oneOf('onStall', ON_STALL) ?? 'wait',
  };
  return body && { ...common, ...body.definition, canonical: canonicalJson({ from, key, ...body.canonical }) };
}

/** What only rules of a kind have, and what their alerts may read. */
interface Body<D> {
  readonly definition: D;
  readonly canonical: object;
  readonly alertScope: ExpressionScope;
}

function readPatternBody(
  fields: Fields,
  from: readonly string[],
  limits: DocumentLimits,
  scope: ExpressionScope,
): Body<Pick<PatternRuleDefinition, 'kind' | 'pattern' | 'timeouts'>> | undefined {
  const timeouts = fields.boolean('timeouts') ?? false;
  const pattern = checkedPattern(fields, from, limits, scope);
  if (pattern === undefined) return undefined;
  const { steps, within, skip } = pattern;
  return {
    definition: { kind: 'pattern', pattern, timeouts },
    canonical: { pattern: steps, within, skip },
    alertScope: patternAlertScope(scopesOf(steps).bindings),
  };
}

/** `having` is no part of the canonical text: a new threshold does not throw a month of sums away. */
function readWindowBody(
  fields: Fields,
  scope: ExpressionScope,
  limits: ExpressionLimits,
): Body<WindowRule & { readonly kind: 'window' }> | undefined {
  const rule = readWindowRule(fields, { event: scope, limits }, (problems, pointer) =>
    reportExpression(problems, pointer, fields.findings),
  );
  if (rule === undefined) return undefined;
  const { window, select } = rule;
  return { definition: { kind: 'window', ...rule }, canonical: { window, select }, alertScope: windowAlertScope(select) };
}

function readId(fields: Fields, given: string | undefined): string | undefined {
  const expected = 'small letters, digits and `-`, at most 100';
  const id = fields.has('id') || given === undefined ? fields.requiredText('id', expected) : given;
  if (id === undefined) return undefined;
  if (given !== undefined && id !== given) {
    return fields.findings.problem('id-mismatch', fields.at('id'), `the document's id is \`${id}\`, the address says \`${given}\``, {
      found: shown(id),
      expected: shown(given),
    });
  }
  if (/^[a-z0-9-]{1,100}$/.test(id)) return id;
  const slug = id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 100);
  const suggestion = slug === '' ? undefined : slug;
  return fields.findings.problem('invalid-id', fields.at('id'), `\`${id}\` is not an id: ${expected}`, {
    found: shown(id),
    expected,
    suggestion,
  });
}

function readFrom(fields: Fields, options: RuleReadOptions): readonly string[] | undefined {
  const expected = 'the name of a stream, or a list of them';
  if (!fields.has('from')) return fields.missing('from', expected);
  const isList = typeof fields.get('from') !== 'string';
  const name = isList ? undefined : fields.text('from', expected);
  const from = isList ? fields.texts('from', expected, false) : name === undefined ? undefined : [name];
  if (from === undefined) return undefined;
  if (from.length > MAX_STREAMS)
    return fields.findings.problem('out-of-range', fields.at('from'), `a rule may read ${MAX_STREAMS} streams`, {
      found: String(from.length),
      expected: `at most ${MAX_STREAMS}`,
    });
  const known = options.knownStreams && [...options.knownStreams];
  for (const [index, stream] of from.entries()) {
    const isKnown = known === undefined ? options.streams === undefined || options.streams(stream) !== undefined : known.includes(stream);
    if (isKnown) continue;
    const suggestion = nearest(stream, known ?? []);
    const hint = suggestion === undefined ? '' : `, did you mean \`${suggestion}\`?`;
    fields.findings.problem(
      'unknown-stream',
      isList ? pointerTo(fields.at('from'), index) : fields.at('from'),
      `there is no stream \`${stream}\`${hint}`,
      {
        found: shown(stream),
        expected: known === undefined || known.length === 0 ? 'a stream made before' : `one of ${known.slice(0, 20).join(', ')}`,
        suggestion,
      },
    );
  }
  return from;
}

function readKey(fields: Fields, scope: ExpressionScope, limits: ExpressionLimits): string | readonly string[] | undefined {
  const expected = 'an expression, or a list of them';
  if (!fields.has('key')) return undefined;
  const isList = typeof fields.get('key') !== 'string';
  const key = isList ? fields.texts('key', expected, false) : fields.text('key', expected);
  if (key === undefined) return undefined;
  if (key.length > MAX_KEYS && isList)
    return fields.findings.problem('out-of-range', fields.at('key'), `a key may have ${MAX_KEYS} expressions`, {
      found: String(key.length),
      expected: `at most ${MAX_KEYS}`,
    });
  for (const [index, source] of (typeof key === 'string' ? [key] : key).entries()) {
    reportExpression(
      checkExpression(source, scope, limits),
      isList ? pointerTo(fields.at('key'), index) : fields.at('key'),
      fields.findings,
    );
  }
  return key;
}

/** The pattern's own reader checks its keys and conditions. */
function checkedPattern(fields: Fields, from: readonly string[], limits: DocumentLimits, scope: ExpressionScope): Pattern | undefined {
  const document = Object.fromEntries(['pattern', 'within', 'skip'].filter((key) => fields.has(key)).map((key) => [key, fields.get(key)]));
  const { pattern, problems, warnings } = readPattern(document, {
    limits: { maxSteps: limits.maxSteps, maxTimes: limits.maxTimes },
    expressionLimits: expressionLimits(limits),
    streams: from.length > 0 ? from : undefined,
    fields: scope.fields,
    lists: scope.lists,
  });
  fields.findings.problems.push(...problems);
  fields.findings.warnings.push(...warnings);
  return pattern;
}

function readSuppress(fields: Fields): { for: number } | undefined {
  const suppress = fields.nested('suppress', ['for']);
  if (suppress === undefined) return undefined;
  const ms = suppress.has('for') ? suppress.duration('for', 1) : suppress.missing('for', 'a duration such as 1h');
  return typeof ms === 'number' ? { for: ms } : undefined;
}

function readLimits(fields: Fields): RuleLimits {
  const limits = fields.nested('limits', ['keptEvents', 'keptBytes', 'matchesPerEvent', 'onLimit']);
  if (limits === undefined) return {};
  return {
    keptEvents: limits.integer('keptEvents', 1, Number.MAX_SAFE_INTEGER),
    keptBytes: limits.integer('keptBytes', 1, Number.MAX_SAFE_INTEGER),
    matchesPerEvent: limits.integer('matchesPerEvent', 1, Number.MAX_SAFE_INTEGER),
    onLimit: limits.oneOf('onLimit', ON_LIMIT),
  };
}
