import { type DataStream, type StreamExecutionEnvironment, WatermarkStrategy } from 'tripline';

export interface Reading {
  readonly sensor: string;
  /** Epoch ms. */
  readonly time: number;
  /** Degrees Celsius. */
  readonly temperature: number;
}

const row = (sensor: string, seconds: number, temperature: number): Reading => ({ sensor, time: seconds * 1_000, temperature });

/** What the examples read: two sensors over some minutes, some of it up to two seconds out of order. */
export const READINGS: readonly Reading[] = [
  row('s1', 1, 35.8),
  row('s2', 2, 15.4),
  row('s1', 7, 34.2),
  row('s1', 6, 36.1),
  row('s1', 12, 33.9),
  row('s2', 14, 15.1),
  row('s1', 16, 32.5),
  row('s1', 15, 33),
  row('s1', 21, 37.2),
  row('s2', 22, 16),
  row('s1', 28, 36.4),
  row('s1', 31, 31.7),
  row('s1', 900, 38),
  row('s1', 905, 37.5),
  row('s2', 910, 14.2),
];

/** The readings with their times; an event may be two seconds behind the latest. */
export function readings(env: StreamExecutionEnvironment): DataStream<Reading> {
  return env
    .fromCollection(READINGS)
    .assignTimestampsAndWatermarks(WatermarkStrategy.forBoundedOutOfOrderness<Reading>(2_000).withTimestampAssigner(({ time }) => time));
}
