/**
 * The lines of files that come into a folder, as files of another folder, one below for each day:
 * `node dist/examples/streams/daily-files.js IN OUT CHECKPOINTS` goes on until it is ended, and from there when it is started again.
 */
import { pathToFileURL } from 'node:url';
import { type DataStream, FileSink, FileSystemCheckpointStorage, StreamExecutionEnvironment, type StreamSink } from 'tripline';
import type { Payment } from './payments.js';

export function dailyFiles(lines: DataStream<string>, folder: string): StreamSink {
  return lines
    .map((line) => JSON.parse(line) as Payment)
    .sinkTo(new FileSink<Payment>({ folder, bucket: ({ time }) => `day=${new Date(time).toISOString().slice(0, 10)}`, suffix: '.jsonl' }));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [from, to, checkpoints] = process.argv.slice(2);
  const env = StreamExecutionEnvironment.getExecutionEnvironment().enableCheckpointing(10_000);
  env.getCheckpointConfig().setCheckpointStorage(new FileSystemCheckpointStorage(checkpoints));
  dailyFiles(env.readTextFile(from, { monitorInterval: 1_000 }), to);
  await env.execute('daily files');
}
