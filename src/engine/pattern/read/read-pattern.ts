/**
 * First stage of a rule: the document's `pattern`, `within` and `skip` become the IR, or a list of all
 * that is wrong with them. One pass over the document, one over the steps for each check.
 */
import { Findings } from '../../problem/fields.js';
import { type Problem, shown } from '../../problem/problem.js';
import { parseDuration } from '../../time/duration.js';
import { DEFAULT_PATTERN_LIMITS } from '../limits.js';
import type { Pattern } from '../pattern.js';
import { checkConditions } from './check-conditions.js';
import { checkSequence } from './check-sequence.js';
import { checkWays } from './check-ways.js';
import { readSkip } from './read-skip.js';
import { readSteps } from './read-step.js';
import type { Reading, ReadPatternOptions } from './reading.js';
import { warnBounds } from './warn-bounds.js';
import { warnGrowth } from './warn-growth.js';
import { warnReach } from './warn-reach.js';

export interface PatternDocument {
  readonly pattern?: unknown;
  readonly within?: unknown;
  readonly skip?: unknown;
}

export interface PatternReading {
  /** Absent when there are problems. */
  readonly pattern?: Pattern;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Reads the pattern part of a rule document; pointers are relative to the rule document. */
export function readPattern(document: PatternDocument, options: ReadPatternOptions = {}): PatternReading {
  const findings = new Findings();
  const limits = { ...DEFAULT_PATTERN_LIMITS, ...options.limits };
  const reading: Reading = { options, limits, findings, pointers: new Map(), count: 0 };
  const within = readWithin(document.within, findings);
  const steps = readSteps(document.pattern, '/pattern', 0, reading);
  const skip = readSkip(document.skip, steps, reading);
  checkSequence(steps, within, reading);
  if (findings.problems.length === 0) checkWays(steps, reading);
  checkConditions(steps, reading);
  warnBounds(steps, reading);
  warnGrowth(steps, within, reading);
  if (findings.problems.length === 0) warnReach(steps, within, reading);
  const { problems, warnings } = findings;
  if (problems.length > 0) return { problems, warnings };
  return { pattern: deepFreeze({ steps, within, skip }), problems, warnings };
}

function readWithin(value: unknown, findings: Findings): number | undefined {
  if (value === undefined) return undefined;
  const expected = 'a duration such as 250ms, 5s, 10m, 1h or 1d';
  if (typeof value !== 'string') return findings.wrongType('/within', value, expected);
  const ms = parseDuration(value);
  if (ms !== undefined && ms > 0) return ms;
  return findings.problem('invalid-duration', '/within', ms === 0 ? '`within` must be longer than 0ms' : '`within` is not a duration', {
    found: shown(value),
    expected,
  });
}

function deepFreeze<T extends object>(value: T): T {
  for (const child of Object.values(value)) {
    if (typeof child === 'object' && child !== null) deepFreeze(child);
  }
  return Object.freeze(value);
}
