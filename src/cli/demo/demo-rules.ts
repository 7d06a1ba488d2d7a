/** The ready rules as a demo registers and plays them: under names of its own, with times that are just past. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { TimeFormat } from '../../engine/rule/index.js';
import { simulate } from '../../runtime/simulate.js';
import { readEventFile } from '../event-file.js';
import { readBytes } from '../files.js';
import { loadRule } from '../load-rule.js';
import { type Terminal, UsageError } from '../terminal.js';

export const PREFIX = 'demo-';

export interface DemoEvent {
  readonly stream: string;
  /** JSON text. */
  readonly text: string;
  /** Which part of the rule's time span lies before it, 0 to 1. */
  readonly share: number;
}

export interface DemoRule {
  readonly id: string;
  readonly document: object;
  readonly streams: readonly { readonly name: string }[];
  readonly events: readonly DemoEvent[];
  /** Time of the last event, epoch ms. */
  readonly end: number;
  /** How many alerts it gives. */
  readonly alerts: number;
}

type Document = Readonly<Record<string, unknown>>;

const DAY_MS = 86_400_000;

/**
 * Reads the ready rules of the package. `run` makes the streams' names new: an alert's id hangs on them, and one that
 * came in an earlier run would not come again. @throws UsageError when the rules are not there
 */
export async function loadDemo(run: string, terminal: Terminal): Promise<DemoRule[]> {
  const root = join(packageRoot(dirname(fileURLToPath(import.meta.url))), 'rules');
  const entries = await readdir(root, { withFileTypes: true }).catch((error: Error) => {
    throw new UsageError(`cannot read the ready rules: ${error.message}`);
  });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(root, name));
  return Promise.all(folders.sort().map((folder) => loadFolder(folder, run, terminal)));
}

function packageRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : packageRoot(dirname(folder));
}

async function loadFolder(folder: string, run: string, terminal: Terminal): Promise<DemoRule> {
  const { rule, streams, lines } = await loadRule(join(folder, 'rule.yaml'), {}, terminal);
  if (rule === undefined) throw new UsageError(lines.join('\n'));
  const { events } = readEventFile(await readBytes(join(folder, 'events.jsonl'), terminal), rule, streams);
  const times = events.map(({ time }) => time);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  // Whole days, so that windows begin where they did.
  const shift = Math.floor((Date.now() - last) / DAY_MS) * DAY_MS;
  const prefix = `${PREFIX}${run}-${rule.id}-`;
  return {
    id: `${PREFIX}${rule.id}`,
    document: renamedRule(await readYaml(join(folder, 'rule.yaml'), terminal), prefix),
    streams: [await readYaml(join(folder, 'stream.yaml'), terminal)].flat().map((stream) => renamedStream(stream, prefix)),
    events: events.map(({ stream, time, raw }) => {
      const { field, format } = streams.get(stream)?.time ?? { field: 'ts', format: 'epochMillis' };
      const event = { ...(JSON.parse(Buffer.from(raw).toString('utf8')) as Document), [field]: written(time + shift, format) };
      return { stream: prefix + stream, text: JSON.stringify(event), share: (time - first) / Math.max(1, last - first) };
    }),
    end: last + shift,
    alerts: simulate(rule, events).alerts.length,
  };
}

async function readYaml(file: string, terminal: Terminal): Promise<Document> {
  return parse((await readBytes(file, terminal)).toString('utf8')) as Document;
}

function renamedRule(rule: Document, prefix: string): object {
  return { ...rule, id: `${PREFIX}${rule.id as string}`, status: 'active', from: prefixed(rule.from, prefix), ...patternOf(rule, prefix) };
}

function patternOf({ pattern }: Document, prefix: string): object {
  return pattern === undefined ? {} : { pattern: renamedSteps(pattern, prefix) };
}

/** Steps with the streams of their `from` renamed, at any depth. */
function renamedSteps(value: unknown, prefix: string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamedSteps(item, prefix));
  if (typeof value !== 'object' || value === null) return value;
  const renamed = ([key, inner]: [string, unknown]) => [key, key === 'from' ? prefixed(inner, prefix) : renamedSteps(inner, prefix)];
  return Object.fromEntries(Object.entries(value).map(renamed));
}

function prefixed(names: unknown, prefix: string): string | string[] {
  return Array.isArray(names) ? names.map((name) => `${prefix}${name}`) : `${prefix}${names as string}`;
}

/** Time is only what the events say: the demo is faster than the clocks of quiet and idle streams. */
function renamedStream(stream: Document, prefix: string): { name: string } {
  return { ...stream, name: `${prefix}${stream.name as string}`, idleAfter: 'never', quietAfter: 'never' } as { name: string };
}

function written(time: number, format: TimeFormat): number | string {
  if (format === 'iso8601') return new Date(time).toISOString();
  return format === 'epochSeconds' ? time / 1_000 : time;
}
