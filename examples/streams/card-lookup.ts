/** Each payment with what a service knows of its card, ten cards asked about at once. */
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { AsyncDataStream, type AsyncFunction, AsyncRetryStrategies, type DataStream, StreamExecutionEnvironment } from 'tripline';
import { type Payment, payments } from './payments.js';

export interface Enriched extends Payment {
  readonly country: string;
}

/** Stands for a service that is busy at times. */
const SERVICE = new Map([
  ['a', 'DE'],
  ['b', 'FR'],
]);

export class CardLookup implements AsyncFunction<Payment, Enriched> {
  #asked = 0;

  async asyncInvoke(payment: Payment, signal: AbortSignal): Promise<readonly Enriched[]> {
    await delay(1, undefined, { signal });
    if (++this.#asked % 4 === 0) throw new Error('busy');
    return [{ ...payment, country: SERVICE.get(payment.card) ?? '??' }];
  }

  /** The program goes on without an answer. */
  timeout(payment: Payment): readonly Enriched[] {
    return [{ ...payment, country: '??' }];
  }
}

export function cardLookup(stream: DataStream<Payment>): DataStream<Enriched> {
  return AsyncDataStream.orderedWait(stream, () => new CardLookup(), {
    timeout: 5_000,
    capacity: 10,
    retryStrategy: AsyncRetryStrategies.fixedDelay(3, 5),
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  cardLookup(payments(env)).print();
  await env.execute('card lookup');
}
