import {
  type Collector,
  type ProcessContext,
  ProcessFunction,
  type SourceReader,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from 'tripline';

interface Item {
  readonly from: string;
  readonly ts: number;
}

const punctuated = WatermarkStrategy.forGenerator<Item>(() => ({
  onEvent: (_event, timestamp, output) => output.emitWatermark(timestamp),
  onPeriodicEmit: () => {},
})).withTimestampAssigner(({ ts }) => ts);

/** A batch for each time; `pause` turns of the event loop before each. */
function reader(from: string, times: readonly number[], pause = 0): SourceReader<Item> {
  const left = [...times];
  return {
    poll: async () => {
      for (let turn = 0; turn < pause; turn++) await new Promise((resolve) => setImmediate(resolve));
      const ts = left.shift();
      return ts === undefined ? undefined : [{ value: { from, ts } }];
    },
  };
}

it('a source that is ahead of the slowest of its group waits for it, and for nobody once that has ended', async () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const aligned = punctuated.withWatermarkAlignment('sources', 15);
  const fast = env.fromSource(() => reader('fast', [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]), aligned);
  const slow = env.fromSource(() => reader('slow', [0, 10, 20, 30, 40], 20), aligned);
  const seen = await fast.union(slow).executeAndCollect();
  let [slowest, ahead] = [-Infinity, 0];
  for (const { from, ts } of seen.slice(
    0,
    seen.findLastIndex((item) => item.from === 'slow'),
  )) {
    if (from === 'slow') slowest = ts;
    else ahead = Math.max(ahead, ts - Math.max(slowest, 0));
  }
  // It stops after the first element that is beyond the drift.
  expect(ahead).toBeLessThanOrEqual(20);
  expect(seen.filter(({ from }) => from === 'fast')).toHaveLength(10);
});

it('sources that are not aligned do not wait', async () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const fast = env.fromSource(() => reader('fast', [0, 10, 20, 30, 40, 50]), punctuated);
  const slow = env.fromSource(() => reader('slow', [0, 10], 50), punctuated.withWatermarkAlignment('alone', 1));
  const seen = await fast.union(slow).executeAndCollect();
  expect(seen.slice(0, 6).map(({ from }) => from)).toEqual(Array(6).fill('fast'));
});

it('splits hold the watermark back from when they are assigned, not from their first record', async () => {
  class Watermarks extends ProcessFunction<Item, string> {
    processElement({ from, ts }: Item, context: ProcessContext, out: Collector<string>): void {
      out(`${from} ${ts} at ${context.currentWatermark()}`);
    }
  }
  const batches = [
    [
      { value: { from: 'a', ts: 50 }, split: 'a' },
      { value: { from: 'a', ts: 60 }, split: 'a' },
    ],
    [{ value: { from: 'b', ts: 5 }, split: 'b' }],
    [{ value: { from: 'a', ts: 70 }, split: 'a' }],
    [{ value: { from: 'a', ts: 80 }, split: 'a' }],
    [{ value: { from: 'a', ts: 90 }, split: 'a' }],
  ];
  let read = 0;
  const source: SourceReader<Item> = {
    poll: async () => batches[read++],
    // b is at its end after the third batch; it no longer counts when the watermark moves next.
    activeSplits: () => (read < 3 ? ['a', 'b'] : ['a']),
  };
  const rows = await StreamExecutionEnvironment.getExecutionEnvironment()
    .fromSource(() => source, punctuated)
    .process(new Watermarks())
    .executeAndCollect();
  expect(rows).toEqual(['a 50 at -Infinity', 'a 60 at -Infinity', 'b 5 at -Infinity', 'a 70 at 5', 'a 80 at 5', 'a 90 at 80']);
});

it('ingestion time is when an element comes, and never goes back', async () => {
  const before = Date.now();
  class Times extends ProcessFunction<number, number> {
    processElement(_value: number, { timestamp }: ProcessContext, out: Collector<number>): void {
      out(timestamp ?? -1);
    }
  }
  const times = await StreamExecutionEnvironment.getExecutionEnvironment()
    .fromElements(1, 2, 3)
    .assignTimestampsAndWatermarks(WatermarkStrategy.forIngestionTime())
    .process(new Times())
    .executeAndCollect();
  expect(times).toEqual(times.toSorted());
  expect(times[0]).toBeGreaterThanOrEqual(before);
  expect(times[2]).toBeLessThanOrEqual(Date.now());
});
