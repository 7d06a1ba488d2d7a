/** The lowest temperature of the last 15 seconds, every 5 seconds: each reading is in three windows. */
import { pathToFileURL } from 'node:url';
import { type DataStream, SlidingEventTimeWindows, StreamExecutionEnvironment } from 'tripline';
import { type Reading, readings } from './readings.js';

export interface Lowest {
  readonly sensor: string;
  /** Epoch ms, exclusive. */
  readonly until: number;
  readonly temperature: number;
}

/** The reduce function keeps one reading for each window; the window function adds the window's end. */
export function lowestPerSlidingWindow(stream: DataStream<Reading>): DataStream<Lowest> {
  return stream
    .keyBy('sensor')
    .window(SlidingEventTimeWindows.of(15_000, 5_000))
    .reduce<Lowest>((a, b) => (b.temperature < a.temperature ? b : a), {
      process: (sensor, { window }, { temperature }, out) => out({ sensor, until: window.end, temperature }),
    });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  lowestPerSlidingWindow(readings(env)).print();
  await env.execute('lowest per sliding window');
}
