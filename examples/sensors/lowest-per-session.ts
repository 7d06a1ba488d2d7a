/** The lowest temperature of each spell of activity: ten minutes without a reading end it. */
import { pathToFileURL } from 'node:url';
import { type DataStream, EventTimeSessionWindows, StreamExecutionEnvironment } from 'tripline';
import { type Reading, readings } from './readings.js';

export interface Session {
  readonly sensor: string;
  readonly from: number;
  readonly readings: number;
  readonly lowest: number;
}

export function lowestPerSession(stream: DataStream<Reading>): DataStream<Session> {
  return stream
    .keyBy('sensor')
    .window(EventTimeSessionWindows.withGap(600_000))
    .apply<Session>((sensor, { start }, elements, out) =>
      out({ sensor, from: start, readings: elements.length, lowest: Math.min(...elements.map(({ temperature }) => temperature)) }),
    );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  lowestPerSession(readings(env)).print();
  await env.execute('lowest per session');
}
