import { type DataStream, type StreamExecutionEnvironment, WatermarkStrategy } from 'tripline';

export interface Payment {
  readonly id: string;
  readonly card: string;
  /** Epoch ms. */
  readonly time: number;
  readonly amount: number;
}

const row = (id: string, card: string, seconds: number, amount: number): Payment => ({ id, card, time: seconds * 1_000, amount });

/** What the examples read: two cards over some minutes, one payment far too late. */
export const PAYMENTS: readonly Payment[] = [
  row('p1', 'a', 1, 5),
  row('p2', 'b', 3, 80),
  row('p3', 'a', 4, 7),
  row('p4', 'a', 9, 900),
  row('p5', 'b', 40, 60),
  row('p6', 'a', 61, 30),
  row('p7', 'b', 2, 10),
  row('p8', 'b', 75, 500),
  row('p9', 'a', 130, 20),
];

/** A watermark with each payment: none may be more than a second late. */
const PUNCTUATED = WatermarkStrategy.forGenerator<Payment>(() => ({
  onEvent: (_payment, timestamp, output) => output.emitWatermark(timestamp - 1_000),
  onPeriodicEmit: () => {},
})).withTimestampAssigner(({ time }) => time);

export function payments(env: StreamExecutionEnvironment): DataStream<Payment> {
  return env.fromCollection(PAYMENTS).assignTimestampsAndWatermarks(PUNCTUATED);
}
