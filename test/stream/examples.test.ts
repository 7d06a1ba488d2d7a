/** The programs under examples/, with what they print by their own account. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataStream, StreamExecutionEnvironment } from 'tripline';
import { averageOfTen } from '../../examples/sensors/average-of-ten.js';
import { lowestOfFive } from '../../examples/sensors/lowest-of-five.js';
import { lowestPerSession } from '../../examples/sensors/lowest-per-session.js';
import { lowestPerSlidingWindow } from '../../examples/sensors/lowest-per-sliding-window.js';
import { lowestPerWindow } from '../../examples/sensors/lowest-per-window.js';
import { readings } from '../../examples/sensors/readings.js';
import { cardLookup } from '../../examples/streams/card-lookup.js';
import { aboveLimit, type Limit } from '../../examples/streams/changing-limits.js';
import { dailyFiles } from '../../examples/streams/daily-files.js';
import { perMinute } from '../../examples/streams/late-payments.js';
import { PAYMENTS, payments } from '../../examples/streams/payments.js';
import { minutesWithoutRefund, refunded, refunds } from '../../examples/streams/refunds.js';
import { smallThenLarge } from '../../examples/streams/small-then-large.js';

const source = () => readings(StreamExecutionEnvironment.getExecutionEnvironment());

it('lowest per 15 s', async () => {
  const rows = await lowestPerWindow(source()).executeAndCollect();
  expect(rows.map(({ sensor, time, temperature }) => `${sensor} ${time / 1_000} ${temperature}`)).toEqual([
    's1 12 33.9',
    's2 14 15.1',
    's1 16 32.5',
    's2 22 16',
    's1 31 31.7',
    's1 905 37.5',
    's2 910 14.2',
  ]);
});

it('lowest per 15 s, every 5 s', async () => {
  const rows = await lowestPerSlidingWindow(source()).executeAndCollect();
  expect(rows.filter(({ sensor }) => sensor === 's1').slice(0, 8)).toEqual(
    [
      [5, 35.8],
      [10, 34.2],
      [15, 33.9],
      [20, 32.5],
      [25, 32.5],
      [30, 32.5],
      [35, 31.7],
      [40, 31.7],
    ].map(([seconds, temperature]) => ({ sensor: 's1', until: seconds * 1_000, temperature })),
  );
});

it('lowest per session', async () => {
  expect(await lowestPerSession(source()).executeAndCollect()).toEqual([
    { sensor: 's2', from: 2_000, readings: 3, lowest: 15.1 },
    { sensor: 's1', from: 1_000, readings: 9, lowest: 31.7 },
    { sensor: 's1', from: 900_000, readings: 2, lowest: 37.5 },
    { sensor: 's2', from: 910_000, readings: 1, lowest: 14.2 },
  ]);
});

it('lowest of five', async () => {
  const rows = await lowestOfFive(source()).executeAndCollect();
  expect(rows.map(({ sensor, temperature }) => [sensor, temperature])).toEqual([
    ['s1', 32.5],
    ['s1', 31.7],
  ]);
});

it('average of ten, every two', async () => {
  const rows = await averageOfTen(source()).executeAndCollect();
  expect(rows.map(({ sensor, average }) => [sensor, Math.round(average * 100) / 100])).toEqual([
    ['s1', 35],
    ['s1', 35],
    ['s2', 15.25],
    ['s1', 34.25],
    ['s1', 34.89],
    ['s1', 34.88],
    ['s2', 15.18],
  ]);
});

describe('payments', () => {
  const env = () => StreamExecutionEnvironment.getExecutionEnvironment();

  /** Of a stream and one beside it. */
  async function both<A, B>(main: DataStream<A>, beside: DataStream<B>): Promise<[A[], B[]]> {
    const seen: B[] = [];
    beside.sinkTo({ write: (value) => void seen.push(value) });
    return [await main.executeAndCollect(), seen];
  }

  it('with what a busy service knows of their cards, in their order', async () => {
    const rows = await cardLookup(payments(env())).executeAndCollect();
    expect(rows.map(({ id, country }) => `${id} ${country}`)).toEqual(
      PAYMENTS.map(({ id, card }) => `${id} ${card === 'a' ? 'DE' : 'FR'}`),
    );
  });

  it('above limits that change', async () => {
    const e = env();
    const limits = e.fromElements<Limit>({ card: 'a', amount: 500 }, { card: 'b', amount: 70 }, { card: 'a', amount: 100 });
    // Limits are read before payments: their source was made first.
    expect(await aboveLimit(payments(e), limits).executeAndCollect()).toEqual([
      'p2: 80 is above 70',
      'p4: 900 is above 100',
      'p8: 500 is above 70',
    ]);
  });

  it('and their refunds', async () => {
    const [one, two] = [env(), env()];
    expect((await refunded(payments(one), refunds(one)).executeAndCollect()).sort()).toEqual(['p4 after 11 s', 'p8 after 15 s']);
    expect((await minutesWithoutRefund(payments(two), refunds(two)).executeAndCollect()).sort()).toEqual(['a: p6', 'a: p9', 'b: p2 p5 p7']);
  });

  it('late ones: told again within what is allowed, beside it when they are later', async () => {
    const strict = perMinute(payments(env()), 0);
    const [totals, tooLate] = await both(strict.totals, strict.tooLate);
    expect(totals.filter((row) => row.startsWith('b until 60'))).toEqual(['b until 60 s: 140']);
    expect(tooLate.map(({ id }) => id)).toEqual(['p7']);
    const lenient = perMinute(payments(env()), 60_000);
    const [again, none] = await both(lenient.totals, lenient.tooLate);
    expect(again.filter((row) => row.startsWith('b until 60'))).toEqual(['b until 60 s: 140', 'b until 60 s: 150']);
    expect(none).toEqual([]);
  });

  it('small ones and then a large one', async () => {
    const { matches, alone } = smallThenLarge(payments(env()));
    const [found, left] = await both(matches, alone);
    expect(found.sort()).toEqual(['p1 then p4', 'p3 then p4']);
    expect(left.sort()).toEqual(['p6', 'p9']);
  });

  it('as files of each day', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tripline-daily-'));
    const [from, to] = [join(folder, 'in.jsonl'), join(folder, 'out')];
    await writeFile(from, [...PAYMENTS, { ...PAYMENTS[0], time: 86_400_000 }].map((payment) => JSON.stringify(payment)).join('\n'));
    const e = env();
    dailyFiles(e.readTextFile(from), to);
    await e.execute();
    expect((await readdir(to)).sort()).toEqual(['day=1970-01-01', 'day=1970-01-02']);
    await rm(folder, { recursive: true });
  });
});
