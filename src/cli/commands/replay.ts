import { simulate } from '../../runtime/simulate.js';
import { readEventFile } from '../event-file.js';
import { readBytes } from '../files.js';
import { loadRule } from '../load-rule.js';
import { readWatermark } from '../read-watermark.js';
import { startProgress } from '../progress.js';
import { EXIT, type Terminal, UsageError } from '../terminal.js';

export interface ReplayOptions {
  readonly rule: string;
  readonly events: string;
  readonly stream?: string;
  readonly lists?: string;
  readonly watermark?: string;
}

/** Runs a rule over a file of events and writes its alerts, one JSON object a line. */
export async function replay(options: ReplayOptions, terminal: Terminal): Promise<number> {
  if (options.rule === '-' && options.events === '-') throw new UsageError('only one of --rule and --events can be standard input');
  const watermark = options.watermark === undefined ? undefined : readWatermark(options.watermark);
  const { rule, streams, lists, lines } = await loadRule(options.rule, options, terminal);
  for (const line of lines) terminal.stderr.write(`${line}\n`);
  if (rule === undefined) return EXIT.problems;
  const { events, rejected } = readEventFile(await readBytes(options.events, terminal), rule, streams);
  for (const { line, code, message } of rejected) terminal.stderr.write(`${options.events}:${line}: ${code}: ${message}\n`);
  const progress = startProgress(terminal, 'replay', events.length);
  const { alerts } = simulate(rule, events, { watermark, lists, onProgress: (done) => progress.update(done) });
  progress.stop();
  for (const alert of alerts) terminal.stdout.write(`${alert}\n`);
  terminal.stderr.write(`${events.length} events, ${rejected.length} rejected, ${alerts.length} alerts\n`);
  return rejected.length === 0 ? EXIT.ok : EXIT.problems;
}
