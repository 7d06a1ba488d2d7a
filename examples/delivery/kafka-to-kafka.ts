/**
 * What each card pays in ten seconds, from topic to topic, each total once whatever happens to the program:
 * `KAFKA_BROKERS=localhost:9092 FROM=payments TO=totals CHECKPOINTS=/var/lib/totals node dist/examples/delivery/kafka-to-kafka.js`
 */
import { KafkaSink } from 'tripline';
import { environment, payments, setting, type Total, totals } from './payments.js';

const env = environment();
totals(payments(env))
  .sinkTo(
    new KafkaSink<Total>({
      brokers: setting('KAFKA_BROKERS').split(','),
      topic: setting('TO'),
      key: ({ card }) => card,
      deliveryGuarantee: 'exactlyOnce',
      transactionalIdPrefix: `totals-${setting('TO')}`,
    }),
  )
  .uid('totals-out');
await env.execute('totals from Kafka to Kafka');
