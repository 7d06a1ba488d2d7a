/** The programs under examples/, with what they print by their own account. */
import { StreamExecutionEnvironment } from 'tripline';
import { averageOfTen } from '../../examples/sensors/average-of-ten.js';
import { lowestOfFive } from '../../examples/sensors/lowest-of-five.js';
import { lowestPerSession } from '../../examples/sensors/lowest-per-session.js';
import { lowestPerSlidingWindow } from '../../examples/sensors/lowest-per-sliding-window.js';
import { lowestPerWindow } from '../../examples/sensors/lowest-per-window.js';
import { readings } from '../../examples/sensors/readings.js';

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
