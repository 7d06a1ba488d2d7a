import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OutputTag, ProcessFunction, StreamExecutionEnvironment, TumblingEventTimeWindows, WatermarkStrategy } from 'tripline';
import { targetsOf } from '../../src/engine/stream/graph/execution-graph.js';

interface Item {
  readonly k: string;
  readonly v: number;
}

class Pass extends ProcessFunction<Item, Item> {
  processElement(value: Item, _context: unknown, out: (value: Item) => void): void {
    out(value);
  }
}

/** Each way of ending a chain: another partitioner, parallelism, slot sharing group, a union, and by order. */
function program(): StreamExecutionEnvironment {
  const env = StreamExecutionEnvironment.createLocalEnvironment(2);
  const odd = new OutputTag<Item>('odd "ones"');
  const main = env
    .fromElements({ k: 'a', v: 1 })
    .map((value) => value)
    .filter(() => true)
    .process(() => new Pass())
    .name('split');
  main
    .keyBy('k')
    .window(TumblingEventTimeWindows.of(10))
    .sum('v')
    .setParallelism(3)
    .slotSharingGroup('windows')
    .map((value) => value)
    .setParallelism(3)
    .disableChaining()
    .filter(() => true)
    .setParallelism(3)
    .startNewChain()
    .print()
    .setParallelism(3)
    .name('out');
  main
    .getSideOutput(odd)
    .union(main)
    .map((value) => value)
    .name('both')
    .rescale()
    .sinkTo({ write: () => {} })
    .setParallelism(1);
  return env;
}

const golden = (name: string) => readFile(join('test', 'stream', 'graphs', name), 'utf8');

it.each(['stream', 'job', 'execution'] as const)('a program has a %s graph that is drawn', async (kind) => {
  expect(program().drawExecutionPlan(kind)).toBe(await golden(`${kind}.mmd`));
});

it("the execution plan has Flink's nodes, the chains and their subtasks", async () => {
  expect(JSON.parse(program().getExecutionPlan())).toEqual(JSON.parse(await golden('plan.json')));
});

it('the drawings of the docs are those of the program at their beginning, with two subtasks', async () => {
  const env = StreamExecutionEnvironment.createLocalEnvironment(2);
  env
    .readTextFile('readings.jsonl')
    .map((line) => JSON.parse(line) as { readonly sensor: string; readonly time: number; readonly temperature: number })
    .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps())
    .keyBy('sensor')
    .window(TumblingEventTimeWindows.of(15_000))
    .minBy('temperature')
    .print();
  const docs = await readFile('docs/streams.md', 'utf8');
  for (const kind of ['job', 'execution'] as const) expect(docs).toContain(`\`\`\`mermaid\n${env.drawExecutionPlan(kind)}\`\`\``);
});

it('two operators cannot have one uid', () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const stream = env.fromElements(1).uid('numbers');
  stream.map((n) => n).uid('numbers');
  expect(() => env.getExecutionPlan()).toThrow('the uid "numbers" is that of two operators: collection and map');
});

it('rescale deals to the subtasks beside, each once', () => {
  const targets = (parallelism: number, count: number) =>
    Array.from({ length: parallelism }, (_, subtask) => targetsOf('rescale', subtask, parallelism, count));
  expect(targets(2, 4)).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(targets(3, 5)).toEqual([[0, 1], [2, 3], [4]]);
  expect(targets(5, 3)).toEqual([[0], [1], [1], [2], [2]]);
  expect(targets(4, 2)).toEqual([[0], [0], [1], [1]]);
});
