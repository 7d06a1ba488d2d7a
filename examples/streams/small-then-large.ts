/** A pattern on a stream: small payments and then a large one within a minute; those that no large one follows beside it. */
import { pathToFileURL } from 'node:url';
import { CEP, type DataStream, OutputTag, Pattern, StreamExecutionEnvironment } from 'tripline';
import { type Payment, payments } from './payments.js';

const ALONE = new OutputTag<string>('alone');

const pattern = Pattern.of<Payment>()
  .begin('small')
  .where((payment) => payment.amount < 50)
  .followedBy('large')
  .where('amount > 400')
  .within('1m');

export function smallThenLarge(stream: DataStream<Payment>): { matches: DataStream<string>; alone: DataStream<string> } {
  const matches = CEP.pattern(stream.keyBy('card'), pattern).select(
    ({ small, large }) => `${small?.[0].id} then ${large?.[0].id}`,
    ALONE,
    ({ small }) => `${small?.[0].id}`,
  );
  return { matches, alone: matches.getSideOutput(ALONE) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const { matches, alone } = smallThenLarge(payments(env));
  matches.print();
  alone.map((id) => `${id} alone`).print();
  await env.execute('small then large');
}
