/** The lowest of every five readings of one sensor; an unfinished five never comes out. */
import { pathToFileURL } from 'node:url';
import { type DataStream, StreamExecutionEnvironment } from 'tripline';
import { type Reading, readings } from './readings.js';

export function lowestOfFive(stream: DataStream<Reading>): DataStream<Reading> {
  return stream.keyBy('sensor').countWindow(5).minBy('temperature');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  lowestOfFive(readings(env)).print();
  await env.execute('lowest of five');
}
