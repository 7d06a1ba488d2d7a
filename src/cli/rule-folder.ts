/** A rule's folder: rule.yaml, stream.yaml, lists.yaml, events.jsonl and the matches that must come out, expected.jsonl. */
import { join } from 'node:path';
import { readJson } from '../engine/event/json-reader.js';
import type { ListUpdate } from '../engine/expr/index.js';
import { isObject } from '../engine/problem/fields.js';
import { canonicalJson } from '../engine/rule/canonical.js';
import type { RuleDefinition } from '../engine/rule/index.js';
import { simulate } from '../runtime/simulate.js';
import { type EventFile, readEventFile } from './event-file.js';
import { readBytes } from './files.js';
import { loadRule } from './load-rule.js';
import type { Terminal } from './terminal.js';

export interface FolderResult {
  /** What did not come out as expected, as lines; empty when all did. */
  readonly failures: readonly string[];
  readonly summary: string;
}

/** Runs a folder's rule over its events; time ends at the last event. @throws UsageError for unreadable files */
export async function runRuleFolder(folder: string, terminal: Terminal): Promise<FolderResult> {
  const { rule, streams, lists, lines } = await loadRule(join(folder, 'rule.yaml'), {}, terminal);
  if (rule === undefined) return { failures: lines, summary: '' };
  const expectedText = (await readBytes(join(folder, 'expected.jsonl'), terminal)).toString('utf8');
  const file = readEventFile(await readBytes(join(folder, 'events.jsonl'), terminal), rule, streams);
  const failures = file.rejected.map(({ line, code, message }) => `events.jsonl:${line}: ${code}: ${message}`);
  const expected = readExpected(expectedText, rule.kind, failures);
  const found = run(rule, file, lists);
  for (const row of expected) if (!found.has(row)) failures.push(`missing    ${row}`);
  for (const row of found) if (!expected.has(row)) failures.push(`unexpected ${row}`);
  return { failures, summary: `${file.events.length} events, ${found.size} ${found.size === 1 ? 'match' : 'matches'}` };
}

/** Different assignments, each as canonical JSON; equal ones are one alert. */
function run(rule: RuleDefinition, { events, items }: EventFile, lists: readonly ListUpdate[]): Set<string> {
  const { matches, timeouts, windows } = simulate(rule, events, { lists });
  if (rule.kind === 'window')
    return new Set(windows.map(({ key, start, end, values }) => canonicalJson({ key: readJson(key), start, end, values })));
  const row = (steps: Readonly<Record<string, readonly number[]>>, timedOut: boolean): string =>
    canonicalJson({
      steps: Object.fromEntries(Object.entries(steps).map(([step, indexes]) => [step, indexes.map((index) => items[index])])),
      timedOut,
    });
  const rows = [...matches.map(({ steps }) => row(steps, false)), ...timeouts.map(({ steps }) => row(steps, true))];
  return new Set(rows);
}

const EXPECTED = {
  pattern: '{"steps": {"step": [0]}, "timedOut": false}',
  window: '{"key": "k", "start": 0, "end": 1000, "values": {"n": 1}}',
} as const;

function readExpected(text: string, kind: RuleDefinition['kind'], failures: string[]): Set<string> {
  const rows = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const row = expectedRow(parse(line), kind);
    if (row !== undefined) rows.add(canonicalJson(row));
    else failures.push(`expected.jsonl:${index + 1}: expected ${EXPECTED[kind]}, found ${line.slice(0, 80)}`);
  }
  return rows;
}

function expectedRow(value: unknown, kind: RuleDefinition['kind']): object | undefined {
  if (!isObject(value)) return undefined;
  if (kind === 'pattern') return isObject(value.steps) ? { steps: value.steps, timedOut: value.timedOut ?? false } : undefined;
  const { key = null, start, end, values } = value;
  return isObject(values) ? { key, start, end, values } : undefined;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
