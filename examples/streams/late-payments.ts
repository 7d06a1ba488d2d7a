/** What each card pays in a minute, told again when a payment comes late, and what comes later still beside it. */
import { pathToFileURL } from 'node:url';
import { type DataStream, OutputTag, StreamExecutionEnvironment, TumblingEventTimeWindows } from 'tripline';
import { type Payment, payments } from './payments.js';

const TOO_LATE = new OutputTag<Payment>('too late');

export function perMinute(
  stream: DataStream<Payment>,
  allowedLateness: number,
): { totals: DataStream<string>; tooLate: DataStream<Payment> } {
  const totals = stream
    .keyBy('card')
    .window(TumblingEventTimeWindows.of(60_000))
    .allowedLateness(allowedLateness)
    .sideOutputLateData(TOO_LATE)
    .apply<string>((card, { end }, elements, out) =>
      out(`${card} until ${end / 1_000} s: ${elements.reduce((sum, { amount }) => sum + amount, 0)}`),
    );
  return { totals, tooLate: totals.getSideOutput(TOO_LATE) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const { totals, tooLate } = perMinute(payments(env), 0);
  totals.print();
  tooLate.map(({ id }) => `${id} came too late`).print();
  await env.execute('late payments');
}
