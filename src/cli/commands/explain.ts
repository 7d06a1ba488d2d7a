import { readJson } from '../../engine/event/json-reader.js';
import { toJsonText } from '../../engine/expr/index.js';
import { keyText } from '../../runtime/alerts/key-text.js';
import { simulate } from '../../runtime/simulate.js';
import { readEventFile } from '../event-file.js';
import { type ExplanationByLine, explanationText } from '../explanation-text.js';
import { readBytes } from '../files.js';
import { loadRule } from '../load-rule.js';
import { readWatermark } from '../read-watermark.js';
import { EXIT, type Terminal, UsageError } from '../terminal.js';

export interface ExplainOptions {
  readonly rule: string;
  readonly events: string;
  readonly key?: string;
  readonly stream?: string;
  readonly lists?: string;
  readonly watermark?: string;
  readonly json?: boolean;
}

/** Runs a rule over a file of events and says why each match or window's result came, and why keys without one have none. */
export async function explain(options: ExplainOptions, terminal: Terminal): Promise<number> {
  if (options.rule === '-' && options.events === '-') throw new UsageError('only one of --rule and --events can be standard input');
  const watermark = options.watermark === undefined ? undefined : readWatermark(options.watermark);
  const { rule, streams, lists, lines } = await loadRule(options.rule, options, terminal);
  for (const line of lines) terminal.stderr.write(`${line}\n`);
  if (rule === undefined) return EXIT.problems;
  const { events, lineNumbers, rejected } = readEventFile(await readBytes(options.events, terminal), rule, streams);
  for (const { line, code, message } of rejected) terminal.stderr.write(`${options.events}:${line}: ${code}: ${message}\n`);
  const key = options.key === undefined ? undefined : keyText(options.key);
  const explanation = byLine(
    readJson(simulate(rule, events, { watermark, key, lists, explain: true }).explanation ?? 'null'),
    lineNumbers,
  ) as ExplanationByLine;
  terminal.stdout.write(options.json === true ? `${toJsonText(explanation)}\n` : explanationText(explanation));
  return rejected.length === 0 ? EXIT.ok : EXIT.problems;
}

/** Events are named by their line in the file instead of their index among those that could be used. */
function byLine(value: unknown, lines: readonly number[]): unknown {
  if (Array.isArray(value)) return value.map((each) => byLine(each, lines));
  if (typeof value !== 'object' || value === null) return value;
  const renamed = ([name, inner]: [string, unknown]): [string, unknown] => {
    if (name === 'event') return ['line', lines[inner as number]];
    return [name, name === 'values' || name === 'key' ? inner : byLine(inner, lines)];
  };
  return Object.fromEntries(Object.entries(value).map(renamed));
}
