/**
 * Keyed state of a stream program: throughput with and without checkpoints, size and time of a checkpoint, memory,
 * and recovery, for one backend. Run in a process of its own:
 *   node dist/bench/stream-state.js [backend=hashmap|level] [keys=1000000] [bytes=200] [updates=1000000]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Collector,
  EmbeddedLevelStateBackend,
  FileSystemCheckpointStorage,
  HashMapStateBackend,
  type JobClient,
  type KeyedContext,
  KeyedProcessFunction,
  type RuntimeContext,
  type SourceReader,
  StreamExecutionEnvironment,
  type ValueState,
  valueState,
} from '../src/index.js';

const [backend = 'hashmap', ...numbers] = process.argv.slice(2);
const [keys = 1_000_000, bytes = 200, updates = 1_000_000] = numbers.map(Number);
const BATCH = 1_000;

/** Every key once, then keys at random. */
class Keys implements SourceReader<number> {
  #next = 0;
  #random = 1;

  constructor(
    private readonly total: number,
    private readonly pause: () => Promise<void> | undefined,
  ) {}

  async open(_subtask: number, _parallelism: number, splits?: readonly { position: unknown }[]): Promise<void> {
    this.#next = (splits?.[0]?.position as number | undefined) ?? 0;
  }

  async poll(): Promise<{ value: number }[] | undefined> {
    if (this.#next === keys) await this.pause();
    if (this.#next >= this.total) return undefined;
    return Array.from({ length: Math.min(BATCH, this.total - this.#next) }, () => ({ value: this.#key(this.#next++) }));
  }

  snapshotState() {
    return [{ splitId: 'keys', position: this.#next }];
  }

  #key(index: number): number {
    if (index < keys) return index;
    this.#random = (Math.imul(this.#random, 1_103_515_245) + 12_345) >>> 0;
    return this.#random % keys;
  }
}

/** A text of the given length for each key. */
class Remember extends KeyedProcessFunction<number, number, number> {
  #text!: ValueState<string>;

  override open(context: RuntimeContext): void {
    this.#text = context.getState(valueState<string>('text'));
  }

  processElement(value: number, _context: KeyedContext<number>, out: Collector<number>): void {
    const seen = this.#text.value();
    if (seen === undefined) this.#text.update(textOf(value));
    else this.#text.update(seen.slice(1) + seen[0]);
    out(value);
  }
}

/** Letters and digits that do not repeat, so that compression finds little. */
function textOf(seed: number): string {
  let random = seed + 1;
  let text = '';
  while (text.length < bytes) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    text += random.toString(36);
  }
  return text.slice(0, bytes);
}

const folder = await mkdtemp(join(tmpdir(), 'tripline-bench-'));
let maxRss = 0;
const watch = setInterval(() => (maxRss = Math.max(maxRss, process.memoryUsage.rss())), 50);
const mb = (size: number): string => `${Math.round(size / 1e6)} MB`;
const seconds = (from: number): string => `${((performance.now() - from) / 1e3).toFixed(1)} s`;

function program(total: number, checkpoints: number | undefined, pause: () => Promise<void> | undefined): StreamExecutionEnvironment {
  const env = StreamExecutionEnvironment.createLocalEnvironment();
  if (checkpoints !== undefined) env.enableCheckpointing(checkpoints);
  env.getCheckpointConfig().setCheckpointStorage(new FileSystemCheckpointStorage(join(folder, 'checkpoints')));
  env.setStateBackend(backend === 'level' ? new EmbeddedLevelStateBackend(join(folder, 'state')) : new HashMapStateBackend());
  env
    .fromSource(() => new Keys(total, pause))
    .keyBy((key) => key)
    .process(() => new Remember())
    .sinkTo({ write: () => {} });
  return env;
}

/** CPU seconds that the updates of a program take, once all keys are there. */
async function cpuOfUpdates(checkpoints: number | undefined): Promise<number> {
  let from = process.cpuUsage();
  await program(keys + updates, checkpoints, async () => void (from = process.cpuUsage())).execute();
  const { user, system } = process.cpuUsage(from);
  await rm(join(folder, 'checkpoints'), { recursive: true, force: true });
  return (user + system) / 1e6;
}

/** All keys, a checkpoint in full, some changes, one of these; cancelled, and restored. */
async function checkpointAndRestore(): Promise<void> {
  const at = { keys: performance.now() };
  let client!: JobClient;
  client = program(keys + updates / 10, 3_600_000, async () => {
    console.log(`${keys} keys of ${bytes} bytes: ${seconds(at.keys)}, ${mb(process.memoryUsage.rss())} resident`);
    const from = performance.now();
    const full = await client.triggerCheckpoint();
    console.log(`checkpoint in full: ${mb(full.bytes)}, ${seconds(from)}`);
  }).executeAsync();
  await client.result;
  const [last] = client.checkpointStats.history;
  console.log(`checkpoint of ${updates / 10} updates: ${mb(last.bytes ?? 0)}, ${((last.duration ?? 0) / 1e3).toFixed(1)} s`);
}

try {
  if (process.argv.includes('--throughput')) {
    for (let round = 0; round < 3; round++) {
      const [off, on] = [await cpuOfUpdates(undefined), await cpuOfUpdates(1_000)];
      console.log(`${updates} updates: ${off.toFixed(2)} CPU s without, ${on.toFixed(2)} with a checkpoint each second`);
    }
  } else await checkpointAndRestore();
  console.log(`most resident memory: ${mb(maxRss)}`);
} finally {
  clearInterval(watch);
  await rm(folder, { recursive: true, force: true });
}
