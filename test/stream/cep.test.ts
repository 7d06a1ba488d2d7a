import { CEP, OutputTag, Pattern, StreamExecutionEnvironment, WatermarkStrategy } from 'tripline';

interface Payment {
  readonly card: string;
  readonly amount: number;
  readonly ts: number;
}

const pay = (card: string, amount: number, ts: number): Payment => ({ card, amount, ts });
const source = (items: readonly Payment[], bound = 0) =>
  StreamExecutionEnvironment.getExecutionEnvironment()
    .fromCollection(items)
    .assignTimestampsAndWatermarks(WatermarkStrategy.forBoundedOutOfOrderness<Payment>(bound).withTimestampAssigner(({ ts }) => ts));

const pattern = Pattern.of<Payment>()
  .begin('small')
  .where((payment) => payment.amount < 10)
  .followedBy('large')
  .where('amount > 500')
  .within('10s');

it('matches each key by itself, out of order or not, with CEL and functions as conditions', async () => {
  const items = [
    pay('a', 1, 1_000),
    pay('b', 2, 2_000),
    pay('a', 900, 3_000),
    pay('c', 3, 2_500),
    pay('b', 800, 11_999),
    pay('c', 700, 12_501),
  ];
  const matches = CEP.pattern(source(items, 5_000).keyBy('card'), pattern).select(({ small, large }) => [small?.[0].ts, large?.[0].amount]);
  expect(await matches.executeAndCollect()).toEqual([
    [1_000, 900],
    [2_000, 800],
  ]);
});

it('partial matches that run out of time are a side output', async () => {
  const timeouts = new OutputTag<string>('timeouts');
  const stream = CEP.pattern(source([pay('a', 1, 1_000), pay('b', 2, 2_000), pay('b', 900, 2_500)]).keyBy('card'), pattern);
  const matches = stream.select(
    ({ small }) => small?.[0].card,
    timeouts,
    ({ small }, time) => `${small?.[0].card} at ${time}`,
  );
  const late: string[] = [];
  matches.getSideOutput(timeouts).sinkTo({ write: (text) => void late.push(text) });
  expect(await matches.executeAndCollect()).toEqual(['b']);
  expect(late).toEqual(['a at 11000']);
});

it('a stream without keys is one', async () => {
  const items = [pay('a', 1, 1), pay('b', 900, 2)];
  expect(
    await CEP.pattern(source(items), pattern)
      .select(() => 'match')
      .executeAndCollect(),
  ).toEqual(['match']);
});

it('types: a step that is not there does not compile', () => {
  const stream = CEP.pattern(source([]), pattern);
  // @ts-expect-error there is no step medium
  stream.select(({ medium }) => medium);
  expect(stream).toBeDefined();
});
