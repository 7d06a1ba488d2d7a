/** Rule and stream documents from text: parse within limits, check, and say where each problem stands. */
import { isObject } from '../problem/fields.js';
import type { Problem } from '../problem/problem.js';
import type { StreamDefinition } from './definition.js';
import { DEFAULT_DOCUMENT_LIMITS, type DocumentLimits } from './limits.js';
import { type RuleReadOptions, type RuleReadResult, readRule } from './rule.js';
import { readStream, type StreamReadOptions, type StreamReadResult } from './stream.js';
import { type DocumentFormat, parseText } from './text.js';

/** A document's text parsed within limits; `locate` gives problems line and column. */
export function parseDocument(text: string, format: DocumentFormat, limits: Partial<DocumentLimits>): ReturnType<typeof parseText> {
  return parseText(text, format, { ...DEFAULT_DOCUMENT_LIMITS, ...limits });
}

export interface RuleDocument extends RuleReadResult {
  /** The parsed value; absent when the text could not be parsed (codes in UNPARSEABLE). */
  readonly document?: unknown;
}

export interface StreamDocument extends StreamReadResult {
  readonly document?: unknown;
}

/** Reads a rule document's text. All problems at once; those of YAML have line and column. */
export function readRuleDocument(text: string, options: RuleReadOptions & { readonly format: DocumentFormat }): RuleDocument {
  const parsed = parseText(text, options.format, { ...DEFAULT_DOCUMENT_LIMITS, ...options.limits });
  if (parsed.problems.length > 0) return { problems: parsed.problems, warnings: [] };
  const { rule, problems, warnings } = readRule(parsed.value, options);
  return { rule, document: parsed.value, problems: problems.map(parsed.locate), warnings: warnings.map(parsed.locate) };
}

/** Reads a stream document's text, as readRuleDocument does. */
export function readStreamDocument(text: string, options: StreamReadOptions & { readonly format: DocumentFormat }): StreamDocument {
  const parsed = parseText(text, options.format, { ...DEFAULT_DOCUMENT_LIMITS, ...options.limits });
  if (parsed.problems.length > 0) return { problems: parsed.problems, warnings: [] };
  const { stream, problems, warnings } = readStream(parsed.value, options);
  return { stream, document: parsed.value, problems: problems.map(parsed.locate), warnings: warnings.map(parsed.locate) };
}

/** A file of one rule, one stream or a list of streams: which of them it holds, and its problems. */
export interface AnyDocument {
  readonly kind: 'rule' | 'streams' | 'unparseable';
  readonly streams: readonly StreamDefinition[];
  readonly rule?: RuleReadResult['rule'];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Tells a stream from a rule by its keys. */
export function isStreamDocument(value: unknown): boolean {
  return isObject(value) && Object.hasOwn(value, 'name') && !Object.hasOwn(value, 'pattern');
}

/** Tells a rule from streams by its keys: a list, or an object with `name`, is of streams. */
export function readAnyDocument(text: string, options: RuleReadOptions & { readonly format: DocumentFormat }): AnyDocument {
  const parsed = parseText(text, options.format, { ...DEFAULT_DOCUMENT_LIMITS, ...options.limits });
  if (parsed.problems.length > 0) return { kind: 'unparseable', streams: [], problems: parsed.problems, warnings: [] };
  const { value } = parsed;
  if (!Array.isArray(value) && !isStreamDocument(value)) {
    const { rule, problems, warnings } = readRule(value, options);
    return { kind: 'rule', streams: [], rule, problems: problems.map(parsed.locate), warnings: warnings.map(parsed.locate) };
  }
  const results = Array.isArray(value)
    ? value.map((item, index) => shifted(readStream(item, { limits: options.limits }), `/${index}`))
    : [readStream(value, { limits: options.limits })];
  return {
    kind: 'streams',
    streams: results.flatMap(({ stream }) => stream ?? []),
    problems: results.flatMap(({ problems }) => problems).map(parsed.locate),
    warnings: results.flatMap(({ warnings }) => warnings).map(parsed.locate),
  };
}

function shifted(result: StreamReadResult, pointer: string): StreamReadResult {
  const shift = (problem: Problem): Problem => ({ ...problem, pointer: `${pointer}${problem.pointer ?? ''}` });
  return { ...result, problems: result.problems.map(shift), warnings: result.warnings.map(shift) };
}
