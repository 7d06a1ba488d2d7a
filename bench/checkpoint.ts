/**
 * Checkpoints at many keys: size, pause, write amplification, memory and restart, measured on the engine's
 * side (without the database). Run: node --expose-gc dist/bench/checkpoint.js [keys=1000000] [changed=1000] [rounds=50]
 */
import { frameRecords } from '../src/runtime/log/frame.js';
import { beginSnapshot, restoreMeta, segmentReader, type TaskSnapshot } from '../src/runtime/task/checkpointing.js';
import { EvaluationNote, NOTE_BYTES } from '../src/runtime/task/evaluation-note.js';
import { StreamTask } from '../src/runtime/task/stream-task.js';
import { readRule, readStream } from '../src/engine/rule/index.js';

const [keys = 1_000_000, changed = 1_000, rounds = 50] = process.argv.slice(2).map(Number);
const KEYS_PER_SLICE = 250;
const START = 1_700_000_000_000;

const stream = readStream({ name: 'payments', time: { field: 'ts', format: 'epochMillis' } }, {}).stream;
const rule = readRule(
  {
    id: 'pair',
    from: 'payments',
    key: 'card',
    pattern: [
      { begin: 'small', where: 'amount < 1' },
      { followedBy: 'large', where: 'amount > 500' },
    ],
    within: '1d',
  },
  {},
).rule;
if (stream === undefined || rule === undefined) throw new Error('the benchmark has a defect in its documents');

function newTask(): StreamTask {
  const note = new EvaluationNote(new SharedArrayBuffer(NOTE_BYTES), () => {});
  return new StreamTask({
    definitions: { rule: () => rule!, stream: () => stream!, list: () => ({ list: '', version: 0, put: [], removed: [], deleted: true }) },
    note,
    limits: { maxEventBytes: 2 ** 20, maxEventNesting: 64, farFutureMs: Infinity },
    emit: () => {},
    consumed: () => {},
  });
}

let offset = 0;
function feed(task: StreamTask, cards: readonly number[]): void {
  for (let from = 0; from < cards.length; from += 1_000) {
    const records = cards.slice(from, from + 1_000).map((card, i) => {
      const time = START + offset + i;
      return {
        time,
        raw: Buffer.from(`{"card":"card-${card}","ts":${time},"amount":0.5,"merchant":"m-${card % 977}","country":"DE","channel":"web"}`),
      };
    });
    task.ingest({
      stream: 'payments',
      partition: 0,
      firstOffset: offset,
      count: records.length,
      arrivalTime: START,
      data: frameRecords(records),
    });
    offset += records.length;
  }
}

const bytes = (segments: readonly Uint8Array[]): number => segments.reduce((sum, segment) => sum + segment.length, 0);
const mb = (size: number): string => `${(size / 1e6).toFixed(2)} MB`;

const task = newTask();
task.decide({ kind: 'stream-changed', stream: 'payments', version: 1, starts: {} });
task.decide({ kind: 'rule-activated', rule: 'pair', version: 1, status: 'active' });
feed(
  task,
  Array.from({ length: keys }, (_, card) => card),
);

console.log(`${keys} keys, one open partial match each: ${memory()}`);

const first = checkpoint(1);
console.log(`first checkpoint: ${mb(bytes(first.segments))}, ${first.pauses}`);

const checkpoints = [first];
for (let id = 2; id < rounds + 2; id++) {
  feed(
    task,
    Array.from({ length: changed }, (_, i) => (i * 7919 + id * 104_729) % keys),
  );
  checkpoints.push(checkpoint(id));
}
const rest = checkpoints.slice(1);
const written = rest.reduce((sum, { segments }) => sum + bytes(segments), 0);
console.log(`${changed} keys changed: ${mb(bytes(checkpoints[1].segments))}, ${checkpoints[1].pauses}`);
console.log(
  `over ${rounds} checkpoints: ${mb(written / rounds)} each, longest pause ${Math.max(...rest.map(({ longest }) => longest)).toFixed(1)} ms`,
);

const last = checkpoints[checkpoints.length - 1];
const started = performance.now();
const cpu = process.cpuUsage();
const restored = newTask();
restoreMeta(restored, JSON.parse(JSON.stringify(last.meta)), () => rule!);
const reader = segmentReader(restored);
for (const { id, segments } of checkpoints) if (id >= last.oldestNeeded) for (const segment of segments) reader.apply(segment);
const seconds = (performance.now() - started) / 1000;
console.log(`restored ${restored.rules.rules.get('pair')?.hosted.keys} keys in ${seconds.toFixed(2)} s, ${cpuSeconds(cpu)} of CPU`);

/** Written in slices as in the service, without batches in between. */
function checkpoint(id: number): TaskSnapshot & { id: number; longest: number; pauses: string } {
  const from = performance.now();
  const before = process.cpuUsage();
  const proceed = beginSnapshot(task, id);
  const barrier = performance.now() - from;
  let longest = barrier;
  for (;;) {
    const slice = performance.now();
    const snapshot = proceed(KEYS_PER_SLICE);
    longest = Math.max(longest, performance.now() - slice);
    if (snapshot === undefined) continue;
    const pauses = `barrier ${barrier.toFixed(1)} ms, longest slice ${longest.toFixed(1)} ms, all ${(performance.now() - from).toFixed(0)} ms, ${cpuSeconds(before)} of CPU`;
    return { ...snapshot, id, longest, pauses };
  }
}

function cpuSeconds(since: NodeJS.CpuUsage): string {
  const { user, system } = process.cpuUsage(since);
  return `${((user + system) / 1e6).toFixed(2)} s`;
}

function memory(): string {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return `heap ${mb(heapUsed)} and ${mb(external)} outside it, process ${mb(rss)}`;
}
