import { setTimeout as delay } from 'node:timers/promises';
import { AsyncDataStream, type AsyncFunction, StreamExecutionEnvironment, TumblingEventTimeWindows, WatermarkStrategy } from 'tripline';

/** Answers late the later elements come, so that answers are in no order. */
class Lookup implements AsyncFunction<number, string> {
  static under = 0;
  static most = 0;

  async asyncInvoke(input: number): Promise<readonly string[]> {
    Lookup.most = Math.max(Lookup.most, ++Lookup.under);
    await delay((input * 7) % 5);
    Lookup.under--;
    if (input === 77) throw new Error('no answer for 77');
    return [`${input}!`];
  }
}

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

it.each(['orderedWait', 'unorderedWait'] as const)('%s: all answers come before the program ends', async (wait) => {
  Lookup.most = 0;
  const env = StreamExecutionEnvironment.createLocalEnvironment(2);
  const stream = env.fromCollection(numbers(60)).rebalance();
  const rows = await AsyncDataStream[wait](stream, () => new Lookup(), { timeout: 5_000, capacity: 5 }).executeAndCollect();
  expect(rows.toSorted()).toEqual(
    numbers(60)
      .map((n) => `${n}!`)
      .toSorted(),
  );
  expect(Lookup.most).toBe(10);
  if (wait === 'orderedWait') {
    const odd = rows.map((row) => Number.parseInt(row, 10)).filter((n) => n % 2 === 1);
    expect(odd).toEqual(odd.toSorted((a, b) => a - b));
  }
});

it('watermarks come behind the answers, so that windows miss none', async () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const stream = env.fromCollection(numbers(50)).assignTimestampsAndWatermarks(
    WatermarkStrategy.forGenerator<number>(() => ({
      onEvent: (_event, timestamp, output) => output.emitWatermark(timestamp),
      onPeriodicEmit: () => {},
    })).withTimestampAssigner((n) => n),
  );
  const counts = await AsyncDataStream.unorderedWait(stream, new Lookup(), { timeout: 5_000 })
    .windowAll(TumblingEventTimeWindows.of(10))
    .apply<number>((_key, _window, rows, out) => out(rows.length))
    .executeAndCollect();
  expect(counts).toEqual([10, 10, 10, 10, 10]);
});

it('a request that fails, fails the program', async () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const stream = AsyncDataStream.orderedWait(env.fromCollection(numbers(5, 75)), new Lookup(), { timeout: 5_000 });
  await expect(stream.executeAndCollect()).rejects.toThrow('no answer for 77');
});

it('a request without an answer in time, fails the program', async () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const never: AsyncFunction<number, number> = { asyncInvoke: () => new Promise(() => {}) };
  const stream = AsyncDataStream.orderedWait(env.fromElements(1), never, { timeout: 10 });
  await expect(stream.executeAndCollect()).rejects.toThrow('gave no result within 10 ms');
});
