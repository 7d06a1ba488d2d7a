/** Every two readings of a sensor, the average of its last ten; the first ones are of fewer. */
import { pathToFileURL } from 'node:url';
import { type AggregateFunction, type DataStream, StreamExecutionEnvironment } from 'tripline';
import { type Reading, readings } from './readings.js';

interface Sum {
  readonly total: number;
  readonly count: number;
}

const average: AggregateFunction<Reading, Sum, number> = {
  createAccumulator: () => ({ total: 0, count: 0 }),
  add: ({ temperature }, { total, count }) => ({ total: total + temperature, count: count + 1 }),
  getResult: ({ total, count }) => total / count,
  merge: (a, b) => ({ total: a.total + b.total, count: a.count + b.count }),
};

export function averageOfTen(stream: DataStream<Reading>): DataStream<{ sensor: string; average: number }> {
  return stream
    .keyBy('sensor')
    .countWindow(10, 2)
    .aggregate<Sum, number, { sensor: string; average: number }>(average, {
      process: (sensor, _context, result, out) => out({ sensor, average: result }),
    });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  averageOfTen(readings(env)).print();
  await env.execute('average of ten');
}
