import {
  type DataStream,
  FileSystemCheckpointStorage,
  KafkaSource,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from 'tripline';

export interface Payment {
  readonly card: string;
  /** Epoch ms. */
  readonly time: number;
  readonly amount: number;
}

/** What a card has paid in ten seconds. */
export interface Total {
  readonly card: string;
  /** Epoch ms. */
  readonly until: number;
  readonly payments: number;
  readonly amount: number;
}

export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

/** Checkpoints in the folder CHECKPOINTS, one each CHECKPOINT_INTERVAL ms (1000). */
export function environment(): StreamExecutionEnvironment {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  env.enableCheckpointing(Number(process.env.CHECKPOINT_INTERVAL ?? 1_000));
  env.getCheckpointConfig().setCheckpointStorage(new FileSystemCheckpointStorage(setting('CHECKPOINTS')));
  return env;
}

/** The payments of the topic FROM; a partition without any for a second does not hold the others up. */
export function payments(env: StreamExecutionEnvironment): DataStream<Payment> {
  const source = KafkaSource.json<Payment>({ brokers: setting('KAFKA_BROKERS').split(','), topic: setting('FROM') });
  const times = WatermarkStrategy.forBoundedOutOfOrderness<Payment>(2_000)
    .withTimestampAssigner(({ time }) => time)
    .withIdleness(1_000);
  return env.fromSource(source, times, 'payments').uid('payments');
}

export function totals(stream: DataStream<Payment>): DataStream<Total> {
  return stream
    .keyBy('card')
    .window(TumblingEventTimeWindows.of(10_000))
    .process<Total>({
      process: (card, { window }, elements, out) => {
        const amount = elements.reduce((sum, payment) => sum + payment.amount, 0);
        out({ card, until: window.end, payments: elements.length, amount });
      },
    })
    .uid('totals');
}
