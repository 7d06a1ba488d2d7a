import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PatternResult } from '../../src/cli/match/pattern-case.js';

/** A case of test/cases/pattern: what Flink CEP 2.3 does, see its README. */
export interface PatternCase {
  readonly name: string;
  readonly rule: { readonly pattern: unknown; readonly within?: string; readonly skip?: unknown };
  readonly events: readonly { readonly ts: number }[];
  readonly watermark: number;
  readonly matches: PatternResult['matches'];
  readonly timeouts: PatternResult['timeouts'];
  readonly error?: string;
}

export function casesPath(file: string): string {
  return join(import.meta.dirname, '../cases/pattern', file);
}

export function readCases(file: string): PatternCase[] {
  return readFileSync(casesPath(file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as PatternCase);
}

/** Results as a multiset for each emission point: order inside a point means nothing. */
export function canonical({ matches, timeouts }: Pick<PatternResult, 'matches' | 'timeouts'>): unknown {
  const sorted = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row, (_, value: unknown) => sortKeys(value))).sort();
  return { matches: sorted(matches), timeouts: sorted(timeouts) };
}

function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
