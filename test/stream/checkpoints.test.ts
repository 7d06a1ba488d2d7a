import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CEP,
  type CheckpointStorage,
  EmbeddedLevelStateBackend,
  FileSystemCheckpointStorage,
  type StateBackend,
  type Collector,
  EventTimeSessionWindows,
  type FunctionInitializationContext,
  type FunctionSnapshotContext,
  type KeyedContext,
  KeyedProcessFunction,
  type ListState,
  listState,
  MemoryCheckpointStorage,
  PostgresCheckpointStorage,
  type OnTimerContext,
  Pattern,
  type ProcessContext,
  ProcessFunction,
  RestartStrategies,
  type RuntimeContext,
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  type SingleOutputStream,
  TumblingEventTimeWindows,
  type ValueState,
  valueState,
  WatermarkStrategy,
} from 'tripline';
import { startTestPostgres } from '../support/postgres.js';
import { Script, type Step } from './support/script-source.js';

interface Item {
  readonly k: string;
  readonly v: number;
  readonly ts: number;
}

const item = (k: string, v: number, ts = v): Item => ({ k, v, ts });

const punctuated = WatermarkStrategy.forGenerator<Item>(() => ({
  onEvent: (_event, timestamp, output) => output.emitWatermark(timestamp - 1),
  onPeriodicEmit: () => {},
})).withTimestampAssigner(({ ts }) => ts);

/** 60 events of three keys, some of them late. */
const EVENTS = Array.from({ length: 60 }, (_, i) => item('abc'[i % 3], i, i % 7 === 6 ? i - 6 : i));
const batches = (...breaks: Step<Item>[]): Step<Item>[] => {
  const size = EVENTS.length / (breaks.length + 1);
  return [...breaks, undefined].flatMap((step, i) => {
    const batch = EVENTS.slice(i * size, (i + 1) * size);
    return step === undefined ? [batch] : [batch, step];
  });
};

type Program = (stream: SingleOutputStream<Item>) => { executeAndCollect(): Promise<unknown[]> };

interface Backend {
  readonly storage: CheckpointStorage;
  readonly state?: StateBackend;
}

async function run(
  program: Program,
  steps: readonly Step<Item>[],
  parallelism: number,
  { storage, state }: Backend,
): Promise<{ rows: string[]; restored: number }> {
  const env = StreamExecutionEnvironment.createLocalEnvironment(parallelism);
  env.enableCheckpointing(10).setRestartStrategy(RestartStrategies.fixedDelayRestart(3, 1));
  if (state !== undefined) env.setStateBackend(state);
  let restored = 0;
  const { readMetadata } = storage;
  storage.readMetadata = (id) => {
    restored++;
    return readMetadata.call(storage, id);
  };
  env.getCheckpointConfig().setCheckpointStorage(storage);
  const source = env.fromSource(new Script(steps).reader, punctuated).setParallelism(1);
  const rows = await program(source).executeAndCollect();
  return { rows: rows.map((row) => JSON.stringify(row)).sort(), restored };
}

class Count extends KeyedProcessFunction<string, Item, string> {
  #count!: ValueState<number>;

  override open(context: RuntimeContext): void {
    this.#count = context.getState(valueState<number>('count', { defaultValue: 0 }));
  }

  processElement({ ts }: Item, context: KeyedContext<string>): void {
    this.#count.update((this.#count.value() as number) + 1);
    context.timerService().registerEventTimeTimer(ts + 5);
  }

  override onTimer(time: number, { key }: OnTimerContext<string>, out: Collector<string>): void {
    out(`${key} ${this.#count.value()} at ${time}`);
  }
}

/** Gives its input in fours, and holds the rest in a field. */
class Fours extends ProcessFunction<Item, string> {
  #held: number[] = [];
  #state!: ListState<number>;

  initializeState({ operatorStateStore }: FunctionInitializationContext): void {
    this.#state = operatorStateStore.getListState(listState<number>('held'));
    this.#held = [...this.#state.get()];
  }

  snapshotState(_context: FunctionSnapshotContext): void {
    this.#state.update(this.#held);
  }

  processElement({ v }: Item, _context: ProcessContext, out: Collector<string>): void {
    this.#held.push(v);
    if (this.#held.length === 4) out(this.#held.splice(0).join());
  }
}

const byKey = ({ k }: Item) => k;

const PROGRAMS: readonly (readonly [string, Program])[] = [
  ['rolling sums', (s) => s.keyBy(byKey).sum('v')],
  ['tumbling windows', (s) => s.keyBy(byKey).window(TumblingEventTimeWindows.of(10)).sum('v')],
  [
    'sliding windows of lists',
    (s) =>
      s
        .keyBy(byKey)
        .window(SlidingEventTimeWindows.of(10, 4))
        .apply((k, { end }, items, out) => out(`${k} ${end} ${items.map(({ v }) => v)}`)),
  ],
  [
    'sessions',
    (s) =>
      s
        .keyBy(({ v }: Item) => `k${v % 11}`)
        .window(EventTimeSessionWindows.withGap(12))
        .allowedLateness(3)
        .sum('v'),
  ],
  ['count windows', (s) => s.keyBy(byKey).countWindow(7, 3).sum('v')],
  ['a keyed process function with timers', (s) => s.keyBy(byKey).process(() => new Count())],
  ['operator state', (s) => s.process(() => new Fours()).setParallelism(1)],
  [
    'an interval join',
    (s) =>
      s
        .filter(({ v }) => v % 2 === 0)
        .keyBy(byKey)
        .intervalJoin(s.filter(({ v }) => v % 2 === 1).keyBy(byKey))
        .between(-7, 7)
        .process<string>((left, right, time, out) => out(`${left.v} ${right.v} ${time}`)),
  ],
  [
    'a pattern',
    (s) =>
      CEP.pattern(
        s.keyBy(byKey),
        Pattern.of<Item>()
          .begin('first')
          .where(({ v }) => v % 4 === 0)
          .followedBy('second')
          .where((event, context) => event.v > context.getEventsForPattern('first')[0].v + 6)
          .within('30ms'),
      ).select(({ first, second }) => [first?.[0].v, second?.[0].v]),
  ],
];

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let url: string;
let programs = 0;
beforeAll(async () => {
  postgres = await startTestPostgres();
  url = await postgres.createDatabase();
}, 60_000);
afterAll(() => postgres.stop());

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'tripline-checkpoints-'))));
afterEach(() => rm(folder, { recursive: true }));

const BACKENDS: readonly (readonly [name: string, parallelisms: readonly number[], make: () => Backend])[] = [
  ['in memory', [1, 3], () => ({ storage: new MemoryCheckpointStorage() })],
  ['in memory, checkpoints in files', [2], () => ({ storage: new FileSystemCheckpointStorage(join(folder, 'checkpoints')) })],
  ['in memory, checkpoints in PostgreSQL', [2], () => ({ storage: new PostgresCheckpointStorage({ url, name: `program-${++programs}` }) })],
  [
    'in LevelDB, checkpoints in files',
    [3],
    () => ({
      storage: new FileSystemCheckpointStorage(join(folder, 'checkpoints')),
      state: new EmbeddedLevelStateBackend(join(folder, 'state')),
    }),
  ],
];

describe.each(BACKENDS)(
  'keyed state %s: a program that fails goes on from its last checkpoint as if it had not',
  (_backend, parallelisms, make) => {
    const failing = batches('checkpoint', { failOnce: 'first' }, 'checkpoint', { failOnce: 'second' }, { failOnce: 'third' });

    it.each(PROGRAMS.flatMap(([name, program]) => parallelisms.map((parallelism) => [name, parallelism, program] as const)))(
      '%s, parallelism %i',
      async (_name, parallelism, program) => {
        const { rows: expected } = await run(program, batches(), parallelism, { storage: new MemoryCheckpointStorage() });
        const { rows, restored } = await run(program, failing, parallelism, make());
        expect(rows).toEqual(expected);
        expect(expected.length).toBeGreaterThan(3);
        expect(restored).toBe(3);
      },
    );
  },
);
