import { setTimeout } from 'node:timers/promises';
import {
  type BindingsOf,
  CEP,
  type Collector,
  type KeyedStream,
  OutputTag,
  type PartialPatternMatch,
  Pattern,
  type PatternContext,
  type PatternMatch,
  type PatternProcessFunction,
  type RuntimeContext,
  StreamExecutionEnvironment,
  type TimedOutPartialMatchHandler,
  WatermarkStrategy,
} from 'tripline';

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

it('flatSelect gives any number of results, for time-outs to a side output, too', async () => {
  const timeouts = new OutputTag<string>('timeouts');
  const items = [pay('a', 1, 1_000), pay('b', 2, 2_000), pay('b', 900, 2_500)];
  const matches = CEP.pattern(source(items).keyBy('card'), pattern).flatSelect<number, string>(
    ({ small, large }, out) => [...small, ...large].forEach(({ amount }) => out(amount)),
    timeouts,
    ({ small, large }, time, out) => {
      out(`${small?.length} of ${time}`);
      out(`large: ${large?.length}`);
    },
  );
  const late: string[] = [];
  matches.getSideOutput(timeouts).sinkTo({ write: (text) => void late.push(text) });
  expect(await matches.executeAndCollect()).toEqual([2, 900]);
  expect(late).toEqual(['1 of 11000', 'large: undefined']);
});

describe('process', () => {
  const timeouts = new OutputTag<string>('timeouts');
  const large = new OutputTag<Payment>('large');

  /** The context says when; side outputs for what is large, and for what ran out of time. */
  class Alerts
    implements PatternProcessFunction<BindingsOf<typeof pattern>, string>, TimedOutPartialMatchHandler<BindingsOf<typeof pattern>>
  {
    #prefix = '';
    closed = false;

    open({ subtask }: RuntimeContext): void {
      this.#prefix = `${subtask}`;
    }

    processMatch(match: PatternMatch<BindingsOf<typeof pattern>>, context: PatternContext, out: Collector<string>): void {
      context.output(large, match.large[0]);
      out(`${this.#prefix}:${match.small[0].card}@${context.timestamp()}`);
    }

    processTimedOutMatch({ small }: PartialPatternMatch<BindingsOf<typeof pattern>>, context: PatternContext): void {
      context.output(timeouts, `${small?.[0].card}@${context.timestamp()}`);
    }

    close(): void {
      this.closed = true;
    }
  }

  it('has a life cycle, a context and side outputs, and handles time-outs', async () => {
    const alerts = new Alerts();
    const matches = CEP.pattern(source([pay('a', 1, 1_000), pay('b', 2, 2_000), pay('b', 900, 2_500)]).keyBy('card'), pattern).process(
      alerts,
    );
    const side: unknown[] = [];
    matches.getSideOutput(timeouts).sinkTo({ write: (text) => void side.push(text) });
    matches.getSideOutput(large).sinkTo({ write: ({ amount }) => void side.push(amount) });
    expect(await matches.executeAndCollect()).toEqual(['0:b@2500']);
    expect(side).toEqual([900, 'a@11000']);
    expect(alerts.closed).toBe(true);
  });

  it('of one object that is opened cannot serve several subtasks; a function makes one for each', async () => {
    const stream = (): KeyedStream<Payment, string> =>
      source([pay('a', 1, 1), pay('a', 900, 2), pay('b', 1, 1), pay('b', 900, 2)]).keyBy('card');
    expect(() => CEP.pattern(stream(), pattern).process(new Alerts()).setParallelism(2).print()).not.toThrow();
    const matches = CEP.pattern(stream(), pattern)
      .process(() => new Alerts())
      .setParallelism(2);
    expect((await matches.executeAndCollect()).map((text) => text.replace(/^\d+:/, '')).sort()).toEqual(['a@2', 'b@2']);
  });
});

it('in processing time elements are matched as they come, and time runs out by the clock', async () => {
  const timeouts = new OutputTag<string>('timeouts');
  const late: string[] = [];
  const batches = [[pay('a', 1, 0), pay('a', 900, 0), pay('b', 1, 0)], [pay('b', 900, 0)]];
  const poll = async () => {
    if (batches.length === 1) for (let waited = 0; late.length === 0 && waited < 10_000; waited += 10) await setTimeout(10);
    return batches.shift()?.map((value) => ({ value, timestamp: undefined }));
  };
  const items = StreamExecutionEnvironment.getExecutionEnvironment().fromSource<Payment>(
    () => ({ poll }),
    WatermarkStrategy.noWatermarks(),
  );
  const soon = Pattern.of<Payment>().begin('small').where('amount < 10').followedBy('large').where('amount > 500').within('500ms');
  const matches = CEP.pattern(items.keyBy('card'), soon)
    .inProcessingTime()
    .select(
      ({ small }) => small[0].card,
      timeouts,
      ({ small }) => `${small?.[0].card} too late`,
    );
  matches.getSideOutput(timeouts).sinkTo({ write: (text) => void late.push(text) });
  expect(await matches.executeAndCollect()).toEqual(['a']);
  expect(late).toEqual(['b too late']);
});

it('types: a step that is not there does not compile, and one that must take an event has one', () => {
  const stream = CEP.pattern(source([]), pattern.next('more').optional());
  stream.select(({ small, more }) => small[0].amount + (more?.[0].amount ?? 0));
  // @ts-expect-error there is no step medium
  stream.select(({ medium }) => medium);
  // @ts-expect-error there is no step medium
  stream.flatSelect(({ medium }, out) => out(medium));
  // @ts-expect-error the step may have taken none
  stream.select(({ more }) => more[0]);
  // @ts-expect-error there is no field amout
  stream.select(({ small }) => small[0].amout);
  // @ts-expect-error there is no step medium
  stream.process<number>({ processMatch: (match, _context, out) => out(match.medium.length) });
  stream.process<number>({
    processMatch: ({ small }, context, out) => out(small[0].amount + context.timestamp()),
    // @ts-expect-error a partial match may not have come to small
    processTimedOutMatch: ({ small }) => small[0],
  });
  expect(stream).toBeDefined();
});
