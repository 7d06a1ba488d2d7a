import { StreamExecutionEnvironment, TumblingEventTimeWindows } from 'tripline';

it('a plan shows chains, their parallelism, and how elements go between them', () => {
  const env = StreamExecutionEnvironment.createLocalEnvironment(2);
  env
    .fromElements({ k: 'a', v: 1 })
    .map((value) => value)
    .filter(() => true)
    .keyBy('k')
    .window(TumblingEventTimeWindows.of(10))
    .sum('v')
    .map((value) => value)
    .disableChaining()
    .filter(() => true)
    .startNewChain()
    .print()
    .name('out');
  expect(env.getExecutionPlan()).toBe(
    [
      'flowchart LR',
      '  v1["collection (1)"]',
      '  v2["map -> filter (2)"]',
      '  v4["window sum (2)"]',
      '  v5["map (2)"]',
      '  v6["filter -> out (2)"]',
      '  v1 -->|rebalance| v2',
      '  v2 -->|hash| v4',
      '  v4 -->|forward| v5',
      '  v5 -->|forward| v6',
      '',
    ].join('\n'),
  );
});
