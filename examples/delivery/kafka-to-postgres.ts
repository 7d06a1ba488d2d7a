/**
 * What each card pays in ten seconds, from a topic into a table, each total once whatever happens to the program:
 * `KAFKA_BROKERS=localhost:9092 FROM=payments DATABASE_URL=postgres://… CHECKPOINTS=/var/lib/totals node dist/examples/delivery/kafka-to-postgres.js`
 *
 * The table: CREATE TABLE totals (card text, until timestamptz, payments int, amount numeric)
 */
import { PostgresSink } from 'tripline';
import { environment, payments, setting, type Total, totals } from './payments.js';

const env = environment();
totals(payments(env))
  .sinkTo(
    new PostgresSink<Total>({
      url: setting('DATABASE_URL'),
      table: 'totals',
      columns: {
        card: ({ card }) => card,
        until: ({ until }) => new Date(until),
        payments: (total) => total.payments,
        amount: ({ amount }) => amount,
      },
      deliveryGuarantee: 'exactlyOnce',
      sinkName: 'totals',
    }),
  )
  .uid('totals-out');
await env.execute('totals from Kafka to PostgreSQL');
