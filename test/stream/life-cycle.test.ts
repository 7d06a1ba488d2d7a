import { readFileSync } from 'node:fs';
import { EXECUTION_TRANSITIONS, JOB_TRANSITIONS, LifeCycle } from '../../src/runtime/stream/job/life-cycle.js';
import { RestartStrategies } from 'tripline';

describe('life cycles', () => {
  const tables = { job: JOB_TRANSITIONS, task: EXECUTION_TRANSITIONS } as Record<string, Readonly<Record<string, readonly string[]>>>;

  it.each(Object.entries(tables))('%s: every state is reached from CREATED, and an end from every state', (_name, table) => {
    const reachable = (from: string, seen = new Set<string>()): Set<string> => {
      for (const next of table[from]) if (!seen.has(next)) reachable(next, seen.add(next));
      return seen;
    };
    expect([...reachable('CREATED')].sort()).toEqual(
      Object.keys(table)
        .filter((state) => state !== 'CREATED')
        .sort(),
    );
    for (const [state, following] of Object.entries(table)) {
      const ends = [state, ...reachable(state)].filter((each) => table[each].length === 0);
      expect([state, following, ends.length > 0]).toEqual([state, following, true]);
    }
  });

  it.each([
    ['a job (JobStatus)', JOB_TRANSITIONS],
    ['a task (ExecutionState)', EXECUTION_TRANSITIONS],
  ])('the drawing of %s in docs/streams.md is the table', (title, table) => {
    const docs = readFileSync('docs/streams.md', 'utf8');
    const [drawing] = docs.slice(docs.indexOf(`state "${title}"`)).split('```');
    const arrows = [...drawing.matchAll(/(\w+) --> (\w+)/g)].map(([, from, to]) => `${from} --> ${to}`);
    const expected = Object.entries(table).flatMap(([from, following]) => following.map((to: string) => `${from} --> ${to}`));
    expect(arrows.sort()).toEqual(expected.sort());
  });

  it('a transition that the table does not have is refused', () => {
    const life = new LifeCycle('job "x"', JOB_TRANSITIONS, 'CREATED' as keyof typeof JOB_TRANSITIONS);
    life.moveTo('RUNNING');
    expect(() => life.moveTo('CANCELED')).toThrow('job "x" cannot go from RUNNING to CANCELED');
    life.moveTo('CANCELLING');
    life.moveTo('CANCELED');
    expect(life.isTerminal).toBe(true);
  });
});

describe('restart strategies: the wait after failures at these times, ms', () => {
  const half = () => 0.5;
  const strategies = {
    none: RestartStrategies.noRestart(),
    fixed: RestartStrategies.fixedDelayRestart(2, 100),
    rate: RestartStrategies.failureRateRestart(2, 1_000, 50),
    exponential: RestartStrategies.exponentialDelayRestart(
      { initialBackoff: 10, maxBackoff: 60, backoffMultiplier: 2, resetBackoffThreshold: 500 },
      half,
    ),
    limited: RestartStrategies.exponentialDelayRestart({ initialBackoff: 10, attemptsBeforeResetBackoff: 1 }, half),
    jitter: RestartStrategies.exponentialDelayRestart({ initialBackoff: 100, jitterFactor: 0.1 }, () => 1),
  };

  it.each([
    ['none', [0], [undefined]],
    ['fixed', [0, 1, 2], [100, 100, undefined]],
    ['rate', [0, 500, 1_100, 1_200], [50, 50, 50, undefined]],
    ['exponential', [0, 10, 20, 30, 40, 700], [10, 20, 40, 60, 60, 10]],
    ['limited', [0, 1], [10, undefined]],
    ['jitter', [0], [110]],
  ] as const)('%s: %j', (name, times, waits) => {
    const strategy = strategies[name]();
    const found = times.map((time) => strategy.onFailure(time));
    expect(found.map((wait) => wait && Math.round(wait))).toEqual(waits);
  });
});
