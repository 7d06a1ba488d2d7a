/** Refunds with the payments of the same card of the minute before them, and the payments of each minute without a refund. */
import { pathToFileURL } from 'node:url';
import { type DataStream, StreamExecutionEnvironment, TumblingEventTimeWindows, WatermarkStrategy } from 'tripline';
import { type Payment, payments } from './payments.js';

export interface Refund {
  readonly card: string;
  /** Epoch ms. */
  readonly time: number;
  readonly amount: number;
}

export const REFUNDS: readonly Refund[] = [
  { card: 'a', time: 20_000, amount: 900 },
  { card: 'b', time: 90_000, amount: 500 },
];

export function refunded(stream: DataStream<Payment>, refunds: DataStream<Refund>): DataStream<string> {
  return refunds
    .keyBy('card')
    .intervalJoin(stream.keyBy('card'))
    .between(-60_000, 0)
    .process<string>((refund, payment, { leftTimestamp, rightTimestamp }, out) => {
      if (refund.amount === payment.amount) out(`${payment.id} after ${(leftTimestamp - rightTimestamp) / 1_000} s`);
    });
}

export function minutesWithoutRefund(stream: DataStream<Payment>, refunds: DataStream<Refund>): DataStream<string> {
  return stream
    .coGroup(refunds)
    .where(({ card }) => card)
    .equalTo(({ card }) => card)
    .window(TumblingEventTimeWindows.of(60_000))
    .apply<string>((paid, back, out) => {
      if (back.length === 0) out(`${paid[0].card}: ${paid.map(({ id }) => id).join(' ')}`);
    });
}

export function refunds(env: StreamExecutionEnvironment): DataStream<Refund> {
  const times = WatermarkStrategy.forMonotonousTimestamps<Refund>().withTimestampAssigner(({ time }) => time);
  return env.fromCollection(REFUNDS).assignTimestampsAndWatermarks(times);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  refunded(payments(env), refunds(env)).print();
  minutesWithoutRefund(payments(env), refunds(env)).print();
  await env.execute('refunds');
}
