import { dirname, join } from 'node:path';
import type { ListUpdate } from '../engine/expr/index.js';
import type { Problem } from '../engine/problem/problem.js';
import { readAnyDocument, readRuleDocument, type RuleDefinition, type StreamDefinition } from '../engine/rule/index.js';
import { formatOf, readBytes, readIfPresent } from './files.js';
import { loadLists } from './load-lists.js';
import { showProblem } from './show-problem.js';
import type { Terminal } from './terminal.js';

/** A rule of a file with the streams that belong to it. */
export interface LoadedRule {
  /** Undefined when there are problems. */
  readonly rule?: RuleDefinition;
  readonly streams: ReadonlyMap<string, StreamDefinition>;
  /** The reference lists that its conditions may ask. */
  readonly lists: readonly ListUpdate[];
  /** Problems and warnings as lines for people. */
  readonly lines: readonly string[];
}

/**
 * Reads a rule and its streams: those of `files.stream`, else of `stream.yaml` beside the rule, else none (then any
 * stream is taken); and its lists (loadLists). @throws UsageError when a named file cannot be read
 */
export async function loadRule(
  ruleFile: string,
  files: { readonly stream?: string; readonly lists?: string },
  terminal: Terminal,
): Promise<LoadedRule> {
  const streamFile = files.stream;
  const text = (await readBytes(ruleFile, terminal)).toString('utf8');
  const beside = join(dirname(ruleFile), 'stream.yaml');
  const streamBytes = streamFile === undefined ? await readIfPresent(beside) : await readBytes(streamFile, terminal);
  const streams = new Map<string, StreamDefinition>();
  const lines: string[] = [];
  let broken = false;
  if (streamBytes !== undefined) {
    const file = streamFile ?? beside;
    const read = readAnyDocument(streamBytes.toString('utf8'), { format: formatOf(file) });
    const problems: readonly Problem[] = read.kind === 'rule' ? [notStreams()] : read.problems;
    broken = problems.length > 0;
    lines.push(...shownLines(file, problems, read.warnings));
    for (const stream of read.streams) streams.set(stream.name, stream);
  }
  const { lists, lines: listLines } = await loadLists(ruleFile, files.lists, terminal);
  if (listLines.length > 0) broken = true;
  lines.push(...listLines);
  const known = streamBytes === undefined || broken ? undefined : [...streams.keys()];
  const { rule, problems, warnings } = readRuleDocument(text, {
    format: formatOf(ruleFile),
    streams: known && ((name) => streams.get(name)),
    knownStreams: known,
    knownLists: lists.map(({ list }) => list),
  });
  lines.push(...shownLines(ruleFile, problems, warnings));
  return { rule: broken ? undefined : rule, streams, lists, lines };
}

function notStreams(): Problem {
  return { code: 'wrong-type', message: 'expected a stream document or a list of them, found a rule', pointer: '' };
}

function shownLines(file: string, problems: readonly Problem[], warnings: readonly Problem[]): string[] {
  return [
    ...problems.map((problem) => showProblem(file, 'error', problem)),
    ...warnings.map((problem) => showProblem(file, 'warning', problem)),
  ];
}
