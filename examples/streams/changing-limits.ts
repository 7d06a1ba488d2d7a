/** Payments above the limit of the moment: limits are a stream of their own, which every subtask has whole. */
import { pathToFileURL } from 'node:url';
import {
  type BroadcastState,
  type Collector,
  type DataStream,
  type KeyedContext,
  KeyedBroadcastProcessFunction,
  mapState,
  type ProcessContext,
  StreamExecutionEnvironment,
  type WritableBroadcastState,
} from 'tripline';
import { type Payment, payments } from './payments.js';

export interface Limit {
  readonly card: string;
  readonly amount: number;
}

class AboveLimit extends KeyedBroadcastProcessFunction<string, Payment, Limit, string, string, number> {
  processElement(
    { id, amount }: Payment,
    { key }: KeyedContext<string>,
    limits: BroadcastState<string, number>,
    out: Collector<string>,
  ): void {
    const limit = limits.get(key);
    if (limit !== undefined && amount > limit) out(`${id}: ${amount} is above ${limit}`);
  }

  processBroadcastElement({ card, amount }: Limit, _context: ProcessContext, limits: WritableBroadcastState<string, number>): void {
    limits.put(card, amount);
  }
}

export function aboveLimit(stream: DataStream<Payment>, limits: DataStream<Limit>): DataStream<string> {
  return stream
    .keyBy('card')
    .connect(limits.broadcast(mapState<string, number>('limits')))
    .process(() => new AboveLimit());
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const limits = env.fromElements<Limit>({ card: 'a', amount: 100 }, { card: 'b', amount: 70 });
  aboveLimit(payments(env), limits).print();
  await env.execute('changing limits');
}
