import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AggregateFunction,
  AsyncDataStream,
  BroadcastProcessFunction,
  type Collector,
  CoProcessFunction,
  EventTimeSessionWindows,
  type KeyedContext,
  KeyedBroadcastProcessFunction,
  KeyedProcessFunction,
  type BroadcastState,
  JobExecutionError,
  KafkaSink,
  mapState,
  type OnTimerContext,
  OutputTag,
  PostgresSink,
  type ProcessContext,
  ProcessFunction,
  type ProcessWindowFunction,
  RichFilterFunction,
  RichFlatMapFunction,
  RichMapFunction,
  type RuntimeContext,
  type SourceReader,
  StreamExecutionEnvironment,
  TextFileSink,
  type TimeWindow,
  TumblingEventTimeWindows,
  type ValueState,
  valueState,
  WatermarkStrategy,
  type WritableBroadcastState,
} from 'tripline';

interface Item {
  readonly k: string;
  readonly v: number;
  readonly ts: number;
}

const item = (k: string, v: number, ts = v): Item => ({ k, v, ts });
const env = (parallelism = 1) => StreamExecutionEnvironment.createLocalEnvironment(parallelism);
const timed = WatermarkStrategy.forMonotonousTimestamps<Item>().withTimestampAssigner(({ ts }) => ts);

/** A watermark with each event, not with each period of the clock. */
const punctuated = WatermarkStrategy.forGenerator<Item>(() => ({
  onEvent: (_event, timestamp, output) => output.emitWatermark(timestamp - 1),
  onPeriodicEmit: () => {},
})).withTimestampAssigner(({ ts }) => ts);

describe('transformations', () => {
  it('map, filter, flatMap', async () => {
    const stream = env()
      .fromElements(1, 2, 3, 4)
      .filter((n) => n % 2 === 0)
      .map((n) => `n${n}`)
      .flatMap<string>((text, out) => {
        out(text);
        out(`${text}!`);
      });
    expect(await stream.executeAndCollect()).toEqual(['n2', 'n2!', 'n4', 'n4!']);
  });

  it('rolling results of a key: reduce, sum, min, maxBy', async () => {
    const items = [item('a', 3), item('b', 1), item('a', 5), item('a', 2)];
    const by = (e: StreamExecutionEnvironment) => e.fromCollection(items).keyBy(({ k }) => k);
    const values = (rows: readonly Item[]) => rows.map(({ k, v, ts }) => `${k}${v}@${ts}`);
    expect(values(await by(env()).sum('v').executeAndCollect())).toEqual(['a3@3', 'b1@1', 'a8@3', 'a10@3']);
    expect(values(await by(env()).min('v').executeAndCollect())).toEqual(['a3@3', 'b1@1', 'a3@3', 'a2@3']);
    expect(values(await by(env()).maxBy('v').executeAndCollect())).toEqual(['a3@3', 'b1@1', 'a5@5', 'a5@5']);
    expect(
      values(
        await by(env())
          .reduce((a, b) => (b.v > a.v ? b : a))
          .executeAndCollect(),
      ),
    ).toEqual(['a3@3', 'b1@1', 'a5@5', 'a5@5']);
  });

  it('union, and connect with a map of each', async () => {
    const e = env();
    const [numbers, texts] = [e.fromElements(1, 2), e.fromElements('x')];
    const both = numbers.union(e.fromElements(3)).connect(texts);
    expect(
      (
        await both
          .map(
            (n) => n * 10,
            (text) => text.length,
          )
          .executeAndCollect()
      ).sort(),
    ).toEqual([1, 10, 20, 30]);
  });

  it('side outputs of a process function', async () => {
    const odd = new OutputTag<string>('odd');
    class Split extends ProcessFunction<number, number> {
      processElement(value: number, context: ProcessContext, out: Collector<number>): void {
        if (value % 2 === 0) out(value);
        else context.output(odd, `odd ${value}`);
      }
    }
    const main = env().fromElements(1, 2, 3).process(new Split());
    const side: string[] = [];
    main.getSideOutput(odd).sinkTo({ write: (text) => void side.push(text) });
    expect(await main.executeAndCollect()).toEqual([2]);
    expect(side).toEqual(['odd 1', 'odd 3']);
  });
});

describe('functions with state and timers', () => {
  class Silence extends KeyedProcessFunction<string, Item, string> {
    #last!: ValueState<number>;

    override open(context: RuntimeContext): void {
      this.#last = context.getState(valueState<number>('last'));
    }

    processElement({ ts }: Item, context: KeyedContext<string>): void {
      const last = this.#last.value();
      if (last !== undefined) context.timerService().deleteEventTimeTimer(last + 10);
      this.#last.update(ts);
      context.timerService().registerEventTimeTimer(ts + 10);
    }

    override onTimer(time: number, { key, timeDomain }: OnTimerContext<string>, out: Collector<string>): void {
      out(`${key} silent at ${time} (${timeDomain})`);
    }
  }

  it.each([1, 3])('a keyed process function finds silence, with %i subtasks', async (parallelism) => {
    const items = [item('a', 0, 1), item('b', 0, 2), item('a', 0, 5), item('c', 0, 9), item('d', 0, 20), item('a', 0, 30)];
    const rows = await env(parallelism)
      .fromCollection(items)
      .assignTimestampsAndWatermarks(punctuated)
      .setParallelism(1)
      .keyBy('k')
      .process(() => new Silence())
      .executeAndCollect();
    expect(rows.sort()).toEqual(['a 15', 'a 40', 'b 12', 'c 19', 'd 30'].map((row) => `${row.replace(' ', ' silent at ')} (event)`));
  });

  it('one function cannot serve several subtasks', async () => {
    const stream = env(2).fromElements(item('a', 1)).keyBy('k').process(new Silence());
    await expect(stream.executeAndCollect()).rejects.toThrow(/one Silence cannot serve several subtasks/);
  });

  it('two keyed streams share state', async () => {
    class Match extends CoProcessFunction<Item, Item, string, string> {
      #left!: ValueState<number>;

      override open(context: RuntimeContext): void {
        this.#left = context.getState(valueState<number>('left'));
      }

      processElement1({ v }: Item): void {
        this.#left.update(v);
      }

      processElement2({ v }: Item, { key }: KeyedContext<string>, out: Collector<string>): void {
        out(`${key}: ${this.#left.value() ?? 'none'} ${v}`);
      }
    }
    const e = env();
    const left = e.fromElements(item('a', 1), item('b', 2)).keyBy('k');
    const right = e.fromElements(item('b', 7), item('c', 8)).keyBy('k');
    expect(await left.connect(right).process(new Match()).executeAndCollect()).toEqual(['b: 2 7', 'c: none 8']);
  });

  it('a broadcast state is the same in every subtask', async () => {
    class Limit extends KeyedBroadcastProcessFunction<string, Item, Item, string, string, number> {
      processElement({ v }: Item, { key }: KeyedContext<string>, limits: BroadcastState<string, number>, out: Collector<string>): void {
        if (v > (limits.get('all') ?? Infinity)) out(`${key} ${v}`);
      }

      processBroadcastElement({ v }: Item, _context: ProcessContext, limits: WritableBroadcastState<string, number>): void {
        limits.put('all', v);
      }
    }
    const e = env(3);
    const limits = e.fromElements(item('all', 5)).broadcast(mapState<string, number>('limits'));
    const items = [...'abcdefgh'].flatMap((k) => [item(k, 4), item(k, 6)]);
    const rows = await e
      .fromCollection(items)
      .keyBy('k')
      .connect(limits)
      .process(() => new Limit())
      .executeAndCollect();
    expect(rows.sort()).toEqual([...'abcdefgh'].map((k) => `${k} 6`));
  });
});

describe('rich functions', () => {
  class Count extends RichMapFunction<Item, string> {
    #count!: ValueState<number>;
    static readonly closed: number[] = [];
    #subtask = -1;

    override open(context: RuntimeContext): void {
      this.#subtask = context.subtask;
      this.#count = context.getState(valueState<number>('count', { defaultValue: 0 }));
    }

    map({ k }: Item): string {
      this.#count.update((this.#count.value() ?? 0) + 1);
      return `${k}${this.#count.value()}`;
    }

    override close(): void {
      Count.closed.push(this.#subtask);
    }
  }

  it('have state of the key, and an instance for each subtask when their class is given', async () => {
    const items = [...'aababc'].map((k) => item(k, 1));
    const rows = await env(2).fromCollection(items).keyBy('k').map(Count).executeAndCollect();
    expect(rows.sort()).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'c1']);
    expect(Count.closed.sort()).toEqual([0, 1]);
    const shared = env(2).fromCollection(items).keyBy('k').map(new Count());
    await expect(shared.executeAndCollect()).rejects.toThrow(/one Count cannot serve several subtasks/);
  });

  it('filter and flatMap', async () => {
    class Odd extends RichFilterFunction<number> {
      filter(value: number): boolean {
        return value % 2 === 1;
      }
    }
    class Twice extends RichFlatMapFunction<number, string> {
      flatMap(value: number, out: Collector<string>): void {
        for (const mark of ['x', 'y']) out(`${value}${mark}`);
      }
    }
    expect(await env().fromElements(1, 2, 3).filter(Odd).flatMap(new Twice()).executeAndCollect()).toEqual(['1x', '1y', '3x', '3y']);
  });

  it('a broadcast state beside a stream without keys', async () => {
    class Limit extends BroadcastProcessFunction<Item, Item, string, string, number> {
      processElement({ k, v }: Item, _context: ProcessContext, limits: BroadcastState<string, number>, out: Collector<string>): void {
        if (v > (limits.get('all') ?? Infinity)) out(`${k} ${v}`);
      }

      processBroadcastElement({ v }: Item, _context: ProcessContext, limits: WritableBroadcastState<string, number>): void {
        limits.put('all', v);
      }
    }
    const e = env();
    const limits = e.fromElements(item('all', 5)).broadcast(mapState<string, number>('limits'));
    const rows = await e.fromElements(item('a', 4), item('b', 6)).connect(limits).process(new Limit()).executeAndCollect();
    expect(rows).toEqual(['b 6']);
  });

  it('a window function with state over all windows of a key', async () => {
    const numbered = (): ProcessWindowFunction<readonly Item[], string, string, TimeWindow> => {
      let windows!: ValueState<number>;
      return {
        open: (context) => (windows = context.getState(valueState<number>('windows', { defaultValue: 0 }))),
        process: (key, _context, items, out) => {
          windows.update((windows.value() ?? 0) + 1);
          out(`${key}${windows.value()}: ${items.length}`);
        },
      };
    };
    const rows = await env(2)
      .fromElements(item('a', 1), item('a', 2), item('b', 3), item('a', 11))
      .assignTimestampsAndWatermarks(timed)
      .setParallelism(1)
      .keyBy('k')
      .window(TumblingEventTimeWindows.of(10))
      .process(numbered)
      .executeAndCollect();
    expect(rows.sort()).toEqual(['a1: 2', 'a2: 1', 'b1: 1']);
  });

  it('rolling aggregates, and windows over all', async () => {
    const average: AggregateFunction<Item, { sum: number; n: number }, number> = {
      createAccumulator: () => ({ sum: 0, n: 0 }),
      add: ({ v }, { sum, n }) => ({ sum: sum + v, n: n + 1 }),
      getResult: ({ sum, n }) => sum / n,
      merge: (a, b) => ({ sum: a.sum + b.sum, n: a.n + b.n }),
    };
    const items = [item('a', 2), item('b', 10), item('a', 4)];
    expect(await env().fromCollection(items).keyBy('k').aggregate(average).executeAndCollect()).toEqual([2, 10, 3]);
    const all = await env(3).fromCollection(items).countWindowAll(3).aggregate(average).executeAndCollect();
    expect(all).toEqual([16 / 3]);
  });
});

describe('windows and joins', () => {
  it('late data goes to its side output', async () => {
    const late = new OutputTag<Item>('late');
    const windows = env()
      .fromElements(item('a', 1, 5), item('a', 1, 25), item('a', 9, 6))
      .assignTimestampsAndWatermarks(punctuated)
      .keyBy('k')
      .window(TumblingEventTimeWindows.of(10))
      .sideOutputLateData(late)
      .sum('v');
    const dropped: Item[] = [];
    windows.getSideOutput(late).sinkTo({ write: (value) => void dropped.push(value) });
    expect((await windows.executeAndCollect()).map(({ v }) => v)).toEqual([1, 1]);
    expect(dropped).toEqual([item('a', 9, 6)]);
  });

  it('interval join, window join, coGroup', async () => {
    const sides = (e: StreamExecutionEnvironment) =>
      [
        e.fromElements(item('a', 1, 10), item('b', 2, 12)).assignTimestampsAndWatermarks(timed),
        e.fromElements(item('a', 3, 12), item('a', 4, 30), item('c', 5, 13)).assignTimestampsAndWatermarks(timed),
      ] as const;
    const [l1, r1] = sides(env());
    const pairs = l1
      .keyBy('k')
      .intervalJoin(r1.keyBy('k'))
      .between(-5, 5)
      .process<string>((l, r, { timestamp }, out) => out(`${l.v}${r.v}@${timestamp}`));
    expect(await pairs.executeAndCollect()).toEqual(['13@12']);
    const [l2, r2] = sides(env());
    const key = ({ k }: Item) => k;
    const joined = l2
      .join(r2)
      .where(key)
      .equalTo(key)
      .window(EventTimeSessionWindows.withGap(20))
      .apply((l, r) => `${l.v}${r.v}`);
    expect(await joined.executeAndCollect()).toEqual(['13', '14']);
    const [l3, r3] = sides(env());
    const grouped = l3.coGroup(r3).where(key).equalTo(key).window(TumblingEventTimeWindows.of(20));
    const sizes = await grouped.apply<string>((left, right, out) => out(`${left.length}/${right.length}`)).executeAndCollect();
    expect(sizes.sort()).toEqual(['0/1', '0/1', '1/0', '1/1']);
  });

  it('gives the same with one subtask and with several', async () => {
    const items = Array.from({ length: 500 }, (_, i) => item(`k${(i * 7) % 23}`, i % 13, i));
    const run = async (parallelism: number) =>
      (
        await env(parallelism)
          .fromCollection(items)
          .rebalance()
          .map((value) => value)
          .assignTimestampsAndWatermarks(timed)
          .keyBy('k')
          .window(TumblingEventTimeWindows.of(100))
          .sum('v')
          .executeAndCollect()
      )
        .map(({ k, v }) => `${k} ${v}`)
        .sort();
    const alone = await run(1);
    expect(alone.length).toBeGreaterThan(100);
    expect(await run(4)).toEqual(alone);
  });
});

describe('sources, sinks, life cycle', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tripline-stream-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads a file and writes one, which stands there only once all is in it', async () => {
    const [from, to] = [join(folder, 'in.txt'), join(folder, 'out.txt')];
    await writeFile(from, 'one\ntwo\r\nthree');
    const e = env();
    e.readTextFile(from)
      .map((line) => line.toUpperCase())
      .sinkTo(new TextFileSink(to));
    await e.execute();
    expect(await readFile(to, 'utf8')).toBe('ONE\nTWO\nTHREE\n');
  });

  it('a function that throws fails the program, with its error as the cause', async () => {
    const to = join(folder, 'never.txt');
    const e = env();
    e.fromElements(1, 2)
      .map((n) => {
        if (n === 2) throw new RangeError('two');
        return n;
      })
      .sinkTo(new TextFileSink(to));
    const error = await e.execute('counting').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobExecutionError);
    expect(error).toMatchObject({ message: 'job "counting" failed: two', cause: expect.any(RangeError) });
    await expect(stat(to)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('the watermark of a source with splits is that of the slowest', async () => {
    const batches = [
      [
        { value: item('a', 1, 50), split: 'p0' },
        { value: item('a', 2, 5), split: 'p1' },
      ],
      [{ value: item('a', 3, 60), split: 'p0' }],
    ];
    const reader: SourceReader<Item> = { poll: async () => batches.shift() };
    class Watermarks extends ProcessFunction<Item, number> {
      processElement(_value: Item, context: ProcessContext, out: Collector<number>): void {
        out(context.currentWatermark());
      }
    }
    const rows = await env()
      .fromSource(() => reader, punctuated)
      .process(new Watermarks())
      .executeAndCollect();
    expect(rows).toEqual([-Infinity, 49, 49]);
  });

  it('an endless program is ended by its client, without a final watermark', async () => {
    let n = 0;
    const fired: unknown[] = [];
    let enough!: () => void;
    const seen = new Promise<void>((resolve) => (enough = resolve));
    const reader: SourceReader<Item> = {
      poll: async () => {
        if (n < 5) return [{ value: item('a', ++n) }];
        enough();
        return new Promise(() => {});
      },
    };
    const e = env();
    const windows = e
      .fromSource(() => reader, timed)
      .keyBy('k')
      .window(TumblingEventTimeWindows.of(1_000));
    windows.sum('v').sinkTo({ write: (value) => void fired.push(value) });
    const client = e.executeAsync();
    await seen;
    await client.cancel();
    await client.result;
    expect(fired).toEqual([]);
  });
});

describe('types', () => {
  it('flow from step to step: a wrong field does not compile', () => {
    const stream = env().fromElements(item('a', 1));
    stream.map(({ v }) => v.toFixed(1)).map((text) => text.length);
    // @ts-expect-error there is no field w
    stream.map(({ w }) => w);
    // @ts-expect-error k is no number
    stream.keyBy('k').sum('k');
    // @ts-expect-error there is no field w
    stream.keyBy('w');
    // @ts-expect-error the key is a string
    stream.keyBy('k').process({} as KeyedProcessFunction<number, Item, string>);
    // @ts-expect-error a text has no field v
    stream.map(({ k }) => k).filter(({ v }) => v > 1);
    // @ts-expect-error the elements have no field w
    stream.sinkTo(new PostgresSink<Item>({ url: '', table: 't', columns: { w: ({ w }) => w } }));
    // @ts-expect-error the sink is of other elements
    stream.sinkTo(new KafkaSink<{ readonly other: string }>({ brokers: [], topic: 't' }));
    // @ts-expect-error a rich function of other elements
    stream.map({} as RichMapFunction<number, string>);
    // @ts-expect-error the answer is no number
    AsyncDataStream.orderedWait<Item, number>(stream, { asyncInvoke: async ({ k }) => [k] }, { timeout: 1 });
    const pairs = stream.join(stream).where(({ k }) => k);
    // @ts-expect-error the keys of both sides are of one type
    pairs.equalTo(({ v }) => v);
    expect(stream).toBeDefined();
  });
});
