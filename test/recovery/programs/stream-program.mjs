/**
 * A stream program that is killed: lines of files through windows, timers and a pattern into files, exactly once.
 * node stream-program.mjs INPUT OUTPUT CHECKPOINTS [hashmap|level]
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  CEP,
  EmbeddedLevelStateBackend,
  FileSink,
  FileSystemCheckpointStorage,
  HashMapStateBackend,
  KeyedProcessFunction,
  OutputTag,
  Pattern,
  StreamExecutionEnvironment,
  TextFileSource,
  TumblingEventTimeWindows,
  valueState,
  WatermarkStrategy,
} from 'tripline';

const [input, output, checkpoints, backend = 'hashmap'] = process.argv.slice(2);

/** One file at a time, slowly enough to be killed on the way. */
class SlowFiles extends TextFileSource {
  async poll() {
    await delay(4);
    return super.poll();
  }
}

class Silence extends KeyedProcessFunction {
  #last;

  open(context) {
    this.#last = context.getState(valueState('last'));
  }

  processElement({ ts }, context) {
    const last = this.#last.value();
    if (last !== undefined) context.timerService().deleteEventTimeTimer(last + 40);
    this.#last.update(ts);
    context.timerService().registerEventTimeTimer(ts + 40);
  }

  onTimer(time, { key }, out) {
    out(`silence ${key} ${time}`);
  }
}

const punctuated = WatermarkStrategy.forGenerator(() => ({
  onEvent: (_event, timestamp, out) => out.emitWatermark(timestamp - 6),
  onPeriodicEmit: () => {},
})).withTimestampAssigner(({ ts }) => ts);

const env = StreamExecutionEnvironment.createLocalEnvironment(2);
env.enableCheckpointing(15);
env.getCheckpointConfig().setCheckpointStorage(new FileSystemCheckpointStorage(checkpoints));
env.setStateBackend(backend === 'level' ? new EmbeddedLevelStateBackend(`${checkpoints}-state`) : new HashMapStateBackend());

const late = new OutputTag('late');
const events = env
  .fromSource(() => new SlowFiles(input))
  .setParallelism(1)
  .map((line) => JSON.parse(line))
  .setParallelism(1)
  .assignTimestampsAndWatermarks(punctuated)
  .setParallelism(1);
const byKey = events.keyBy(({ k }) => k);
const sums = byKey.window(TumblingEventTimeWindows.of(20)).sideOutputLateData(late).sum('v');
const rises = CEP.pattern(
  byKey,
  Pattern.begin('low')
    .where('v < 30')
    .followedBy('high')
    .where((event, context) => event.v > context.getEventsForPattern('low')[0].v + 40)
    .within('60ms'),
).select(({ low, high }) => `rise ${low[0].k} ${low[0].ts} ${high[0].ts}`);
sums
  .map(({ k, v, ts }) => `sum ${k} ${ts} ${v}`)
  .union(
    sums.getSideOutput(late).map(({ k, ts, v }) => `late ${k} ${ts} ${v}`),
    byKey.process(() => new Silence()),
    rises,
  )
  .sinkTo(new FileSink({ folder: output }));
await env.execute('killed program');
