/** The lowest temperature of each sensor in each 15 seconds: `node dist/examples/sensors/lowest-per-window.js` */
import { pathToFileURL } from 'node:url';
import { type DataStream, StreamExecutionEnvironment, TumblingEventTimeWindows } from 'tripline';
import { type Reading, readings } from './readings.js';

export function lowestPerWindow(stream: DataStream<Reading>): DataStream<Reading> {
  return stream.keyBy('sensor').window(TumblingEventTimeWindows.of(15_000)).minBy('temperature');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  lowestPerWindow(readings(env)).print();
  await env.execute('lowest per window');
}
