import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Collector,
  type FunctionInitializationContext,
  type JobClient,
  type KeyedContext,
  KeyedProcessFunction,
  type ListState,
  listState,
  type OnTimerContext,
  plainSerializerOf,
  ProcessFunction,
  type ProcessContext,
  type RuntimeContext,
  StreamExecutionEnvironment,
  type TypeSerializer,
  type ValueState,
  valueState,
  type ValueStateDescriptor,
  WatermarkStrategy,
} from 'tripline';
import { decodeMetadata, encodeMetadata } from '../../src/runtime/stream/checkpoint/metadata.js';
import { tripline } from '../cli/support.js';
import { Script, type Step } from './support/script-source.js';

interface Item {
  readonly k: string;
  readonly ts: number;
}

const KEYS = 'abcdefghijklmnopqrstuvwxyz'.split('');
const EVENTS = Array.from({ length: 104 }, (_, i): Item => ({ k: KEYS[i % 26], ts: i }));

const punctuated = WatermarkStrategy.forGenerator<Item>(() => ({
  onEvent: (_event, timestamp, output) => output.emitWatermark(timestamp - 1),
  onPeriodicEmit: () => {},
})).withTimestampAssigner(({ ts }) => ts);

/** Counts a key's events, and tells the count 26 ms after each: when the next one comes. */
class Count extends KeyedProcessFunction<string, Item, string> {
  #count!: ValueState<number>;

  constructor(private readonly descriptor: ValueStateDescriptor<number>) {
    super();
  }

  override open(context: RuntimeContext): void {
    this.#count = context.getState(this.descriptor);
  }

  processElement({ ts }: Item, context: KeyedContext<string>): void {
    this.#count.update((this.#count.value() ?? 0) + 1);
    context.timerService().registerEventTimeTimer(ts + 26);
  }

  override onTimer(time: number, { key }: OnTimerContext<string>, out: Collector<string>): void {
    out(`${key}${this.#count.value()}@${time}`);
  }
}

/** Knows which events its subtasks have seen. */
class Seen extends ProcessFunction<Item, string> {
  #list!: ListState<number>;

  initializeState({ operatorStateStore }: FunctionInitializationContext): void {
    this.#list = operatorStateStore.getListState(listState<number>('seen'));
  }

  snapshotState(): void {}

  processElement({ ts }: Item, _context: ProcessContext, out: Collector<string>): void {
    this.#list.add(ts);
    if (ts === EVENTS.length - 1 || ts === EVENTS.length - 2) out(`seen ${this.#list.get().length}`);
  }
}

const COUNT = valueState<number>('count');

interface Build {
  readonly parallelism?: number;
  readonly countUid?: string;
  readonly seen?: boolean;
  readonly descriptor?: ValueStateDescriptor<number>;
  readonly maxParallelism?: number;
}

function program(steps: readonly Step<Item>[], out: string[], build: Build = {}): StreamExecutionEnvironment {
  const { parallelism = 1, countUid = 'count', seen = false, descriptor = COUNT, maxParallelism } = build;
  const env = StreamExecutionEnvironment.createLocalEnvironment(parallelism);
  if (maxParallelism !== undefined) env.setMaxParallelism(maxParallelism);
  const source = env.fromSource(new Script(steps).reader, punctuated).uid('events').setParallelism(1);
  source
    .keyBy('k')
    .process(() => new Count(descriptor))
    .uid(countUid)
    .sinkTo(() => ({ write: (row: string) => void out.push(row) }));
  if (seen)
    source
      .process(() => new Seen())
      .uid('seen')
      .sinkTo(() => ({ write: (row: string) => void out.push(row) }));
  return env;
}

/** A step at which the program stands until it is stopped. */
function standstill(): { step: () => Promise<void>; reached: Promise<void> } {
  let arrive!: () => void;
  const reached = new Promise<void>((resolve) => (arrive = resolve));
  return {
    step: () => {
      arrive();
      return new Promise(() => {});
    },
    reached,
  };
}

const FIRST = EVENTS.slice(0, 52);
const REST = EVENTS.slice(52);

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'tripline-savepoint-'))));
afterEach(() => rm(folder, { recursive: true }));

/** Runs the first half and stops. The split's position is then behind two steps. */
async function stopHalfway(out: string[], build: Build = {}, options = {}): Promise<void> {
  const { step, reached } = standstill();
  const client = program([FIRST, step, REST], out, build).executeAsync();
  await reached;
  await client.stopWithSavepoint(folder, options);
  await client.result;
  expect(client.status).toBe('FINISHED');
}

async function uninterrupted(build: Build = {}): Promise<string[]> {
  const out: string[] = [];
  await program([FIRST, async () => {}, REST], out, build).execute();
  return out.sort();
}

const resumed = (out: string[], build: Build = {}): StreamExecutionEnvironment =>
  program([FIRST, async () => {}, REST], out, build).fromSavepoint(folder);

describe('savepoints', () => {
  it.each([
    [1, 1],
    [1, 4],
    [3, 2],
    [2, 5],
  ])('a program stopped with one goes on: from parallelism %i to %i keys and timers move with their groups', async (before, after) => {
    const out: string[] = [];
    await stopHalfway(out, { parallelism: before });
    expect(out.length).toBeGreaterThan(20);
    await resumed(out, { parallelism: after }).execute();
    expect(out.sort()).toEqual(await uninterrupted());
  });

  it('operator state is split: what all subtasks have seen stays the same', async () => {
    const out: string[] = [];
    await stopHalfway(out, { parallelism: 3, seen: true });
    await resumed(out, { parallelism: 2, seen: true }).execute();
    const seen = out.filter((row) => row.startsWith('seen')).map((row) => Number(row.slice(5)));
    expect(seen.reduce((a, b) => a + b)).toBe(EVENTS.length);
  });

  it('drained, what is open gives its results, and nothing is left', async () => {
    const out: string[] = [];
    await stopHalfway(out, {}, { drain: true });
    const whole: string[] = [];
    await program([FIRST], whole).execute();
    expect(out.sort()).toEqual(whole.sort());
  });

  it('one of a program that goes on can be begun with again and again', async () => {
    const [out, { step, reached }] = [[] as string[], standstill()];
    const client = program([FIRST, step], out).executeAsync();
    await reached;
    const { id, kind } = await client.triggerSavepoint(folder);
    expect([id, kind, client.status]).toEqual([1, 'savepoint', 'RUNNING']);
    await client.cancel();
    const [first, second]: string[][] = [[], []];
    await resumed(first).execute();
    await resumed(second, { parallelism: 2 }).execute();
    expect(second.sort()).toEqual(first.sort());
    expect([...out, ...first].sort()).toEqual(await uninterrupted());
  });

  it('state of an operator that the program no longer has must be left out by word', async () => {
    await stopHalfway([]);
    const build = { countUid: 'other' };
    await expect(resumed([], build).execute()).rejects.toThrow(
      'the checkpoint has state of "process" (uid count), which the program does not have',
    );
    const out: string[] = [];
    await program([FIRST, async () => {}, REST], out, build)
      .fromSavepoint(folder, { allowNonRestoredState: true })
      .execute();
    expect(out.sort()).toEqual([...Array(2)].flatMap((_, i) => KEYS.map((k, j) => `${k}2@${78 + 26 * i + j}`)).sort());
  });

  it('another maximum parallelism is refused, since keys would fall into other groups', async () => {
    await stopHalfway([]);
    await expect(resumed([], { maxParallelism: 64 }).execute()).rejects.toThrow(
      'operator "process" has maximum parallelism 128 in the checkpoint, and 64 in the program',
    );
  });

  describe('descriptors that have changed', () => {
    const of = (serializer: TypeSerializer<number>) => valueState<number>('count', { serializer });
    const first = of(plainSerializerOf<number>({ name: 'counter', version: 1 }));

    it('a newer version migrates', async () => {
      const out: string[] = [];
      await stopHalfway(out, { descriptor: first });
      const second = of(plainSerializerOf<number>({ name: 'counter', version: 2, migrate: (value) => (value as number) + 100 }));
      await resumed(out, { descriptor: second }).execute();
      expect(out).toEqual(expect.arrayContaining(['a103@52', 'a104@78']));
    });

    it.each([
      ['an older version', of(plainSerializerOf<number>({ name: 'counter', version: 1 })), 'serializer "counter" version 2'],
      ['another serializer', COUNT, 'serializer "counter" version 2, which the program\'s serializer "plain" version 1 cannot read'],
      ['another kind', { kind: 'list', name: 'count' } as never, 'state "count" is a value state in the checkpoint, and a list state'],
    ])('%s is an error that names both', async (_name, descriptor, message) => {
      await stopHalfway([], { descriptor: of(plainSerializerOf<number>({ name: 'counter', version: 2 })) });
      await expect(resumed([], { descriptor }).execute()).rejects.toThrow(message);
    });
  });

  it.each([
    ['missing', async (path: string) => rm(path), 'is damaged: it is missing'],
    ['cut', async (path: string) => writeFile(path, (await readFile(path)).subarray(0, -3)), 'is damaged: its checksum is'],
    ['not such a file', async (path: string) => writeFile(path, 'x'.repeat(99)), 'is damaged: it does not begin as such a file does'],
  ])('a segment that is %s is told by name', async (_how, damage, message) => {
    await stopHalfway([]);
    const [checkpoint] = (await readdir(folder)).filter((name) => name.startsWith('chk-'));
    const segment = join(folder, checkpoint, 'segment-0');
    await damage(segment);
    await expect(resumed([]).execute()).rejects.toThrow(`${segment} ${message}`);
  });

  /** Written by the first release that had savepoints; TRIPLINE_WRITE_GOLDEN=1 writes it anew, which only a new format may need. */
  describe('of an older format version', () => {
    const golden = join('test', 'stream', 'savepoints', 'format-1');

    it('can be begun with', async () => {
      if (process.env.TRIPLINE_WRITE_GOLDEN === '1') {
        await stopHalfway([], { parallelism: 2, seen: true });
        await rm(golden, { recursive: true, force: true });
        await cp(folder, golden, { recursive: true });
      }
      await cp(golden, folder, { recursive: true });
      const [out, whole]: string[][] = [[], await uninterrupted({ seen: true })];
      await resumed(out, { parallelism: 3, seen: true }).execute();
      const halfway: string[] = [];
      await rm(folder, { recursive: true });
      await stopHalfway(halfway, { seen: true });
      const rest = whole.filter((row) => !halfway.includes(row) && !row.startsWith('seen'));
      expect(out.filter((row) => !row.startsWith('seen')).sort()).toEqual(rest);
    });

    it('one of a later format is refused', async () => {
      const metadata = encodeMetadata({ checkpointId: 1, kind: 'savepoint', isFinished: false, operators: [] });
      metadata[0] = 2;
      expect(() => decodeMetadata(metadata)).toThrow('the checkpoint has format 2; this release reads up to 1');
    });
  });

  it('are shown by the command line', async () => {
    await stopHalfway([], { parallelism: 2, seen: true });
    const { exit, out } = await tripline(['savepoint', folder]);
    expect(exit).toBe(0);
    expect(out).toMatch(
      /^savepoint 1, \d{4}-.*Z, \d+ bytes\n {2}events {2}source \(1\)\n {2}count {2}process \(2\)\n {4}count: value, serializer plain 1\n/,
    );
    expect(out).toContain('  seen  process (2)\n    seen: SPLIT_DISTRIBUTE, serializer plain 1\n');
    const json = JSON.parse((await tripline(['savepoint', '--json', folder])).out);
    expect(json).toMatchObject({
      id: 1,
      kind: 'savepoint',
      isFinished: false,
      operators: [{ uid: 'events', splits: [{ position: 1 }] }, {}, {}, {}, {}],
    });
    const { exit: missing, err } = await tripline(['savepoint', join(folder, 'nowhere')]);
    expect([missing, err]).toEqual([1, expect.stringContaining('there is no folder')]);
  });

  it('there must be one', async () => {
    await expect(resumed([]).execute()).rejects.toThrow('there is no savepoint to begin with');
  });

  it('only of a program that runs', async () => {
    const client: JobClient = program([FIRST], []).executeAsync();
    await client.result;
    await expect(client.triggerSavepoint(folder)).rejects.toThrow('job "stream program" is FINISHED: it must be RUNNING');
    await expect(client.stopWithSavepoint(folder)).rejects.toThrow('it must be RUNNING');
  });
});
