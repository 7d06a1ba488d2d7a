/**
 * One measurement of one workload, by the contract of the peer benchmark: rules and events from files, one
 * line of JSON to standard output. The rules go through the same compiler and operators as in the service.
 *
 *   node dist/bench/run.js --workload ID --events FILE --rule FILE [--mode engine|json] [--limit N] [--cap S] [--warmup S]
 *
 * engine: parsed events in memory. json: UTF-8 JSON lines in one buffer, decoded inside the measured time.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import v8 from 'node:v8';
import vm from 'node:vm';
import { Engine, type Source } from './support/engine.js';
import { EventLines, ParsedEvents } from './support/input.js';

const { values } = parseArgs({
  options: {
    workload: { type: 'string' },
    events: { type: 'string' },
    rule: { type: 'string' },
    mode: { type: 'string', default: 'engine' },
    limit: { type: 'string', default: 'Infinity' },
    cap: { type: 'string', default: '20' },
    warmup: { type: 'string', default: '3' },
  },
});
const { workload, events: eventFile, rule: ruleFile, mode } = values;
if (workload === undefined || eventFile === undefined || ruleFile === undefined)
  throw new Error('--workload, --events and --rule are needed');
const cap = Number(values.cap);

/** Events between two looks at the clock, and between two samples of the progress. */
const LOOK = 16;
const SAMPLE = 1_024;

const rules = (JSON.parse(readFileSync(ruleFile, 'utf8')) as { rules: { name: string; rule: object }[] }).rules;
const lines = new EventLines(readFileSync(eventFile), Number(values.limit));

interface Progress {
  readonly events: number;
  /** [events, ms] in turn. */
  readonly samples: readonly (readonly [number, number])[];
}

function feed(engine: Engine, source: Source, seconds: number): Progress {
  const start = performance.now();
  const samples: [number, number][] = [];
  let event = 0;
  while (event < source.count) {
    for (const stop = Math.min(source.count, event + LOOK); event < stop; event++) engine.process(source.event(event));
    const elapsed = performance.now() - start;
    if (event % SAMPLE === 0) samples.push([event, elapsed]);
    if (elapsed > seconds * 1_000) break;
  }
  engine.finish();
  samples.push([event, performance.now() - start]);
  return { events: event, samples };
}

/** Events a second over the last quarter of the time. */
function tailSpeed({ samples }: Progress): number {
  const [events, ms] = samples[samples.length - 1];
  const [before, from] = samples.findLast(([, at]) => at <= ms * 0.75) ?? [0, 0];
  return Math.round((events - before) / ((ms - from) / 1_000));
}

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as () => void;
function megabytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

/** Events that partial matches have taken are changed by that: every run gets its own. */
function open(): { engine: Engine; source: Source } {
  const engine = new Engine(rules);
  return { engine, source: mode === 'json' ? engine.decoding(lines) : new ParsedEvents(engine.decoding(lines)) };
}

for (let left = Number(values.warmup); left > 0; ) {
  const { engine, source } = open();
  const start = performance.now();
  feed(engine, source, left);
  left -= (performance.now() - start) / 1_000;
}

const { engine, source } = open();
const before = megabytes();
const cpuBefore = process.cpuUsage();
const progress = feed(engine, source, cap);
const cpu = process.cpuUsage(cpuBefore);
const seconds = progress.samples[progress.samples.length - 1][1] / 1_000;
console.log(
  JSON.stringify({
    workload,
    mode,
    events: progress.events,
    matches: engine.matches,
    seconds,
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1_024),
    capped: progress.events < source.count,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    tailEventsPerSec: tailSpeed(progress),
    stateMb: Math.round(megabytes() - before),
    limitsReached: engine.limitsReached,
  }),
);
// Both are still in use where the state is measured.
source.event(0);
engine.finish();
