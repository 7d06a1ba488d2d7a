import { TaskHarness } from '../support/task-harness.js';

const STREAM = { name: 's', time: { field: 'ts', format: 'epochMillis' } };

function rule(second: string, changes: object = {}) {
  const pattern = [
    { begin: 'a', where: 'kind == "a"' },
    { followedBy: 'b', where: second },
  ];
  return { id: 'r', from: 's', key: 'k', pattern, within: '1h', ...changes };
}

const events = (word: string, from: number) =>
  [...word].map((kind, index) => ({
    time: from + index,
    value: { k: index % 2 === 0 ? 'x' : 'y', kind, v: from + index, ts: from + index },
  }));

/** Two carries, one of them from "compact" to "runs", with checkpoints where the case says. */
function run(checkpoints: readonly number[]): TaskHarness {
  const at = new TaskHarness([STREAM], [rule('kind == "b"')]);
  const steps = [
    () => at.send('s', 0, events('aaxbaa', 0)),
    () => expect(at.activate(rule('kind == "c" && v > a.v'))).toEqual({ carried: 3, dropped: 0 }),
    () => at.send('s', 0, events('bcaa', 6)),
    () => expect(at.activate(rule('kind == "b"', { suppress: { for: '1ms' } }))).toEqual({ carried: 4, dropped: 0 }),
    () => at.send('s', 0, events('bb', 10)),
  ];
  steps.forEach((step, index) => {
    step();
    if (checkpoints.includes(index)) at.checkpoint();
  });
  return at;
}

const open = (at: TaskHarness) =>
  ['sx', 'sy'].map((key) =>
    at
      .openMatches('r', key)
      .map(({ path }) => path.map(({ event }) => event.offset))
      .sort(),
  );

it.each(
  [[[]], [[0]], [[1]], [[2]], [[0, 3]], [[1, 2, 3]]].flatMap(([checkpoints]) => [1, 3, 100].map((batch) => [checkpoints, batch] as const)),
)('recovery carries again to the same state: checkpoints after %j, read %s at a time', (checkpoints, batch) => {
  const at = run(checkpoints);
  const [alerts, before, journal] = [new Set(at.alerts), open(at), [...at.journal]];
  expect(alerts.size).toBeGreaterThan(3);
  at.alerts.clear();
  at.crash(batch);
  expect([...at.alerts].filter((id) => !alerts.has(id))).toEqual([]);
  if (checkpoints.length === 0) expect(at.alerts).toEqual(alerts);
  expect(open(at)).toEqual(before);
  expect(at.journal).toEqual(journal);
});

it('another key drops everything, and says so', () => {
  const at = new TaskHarness([STREAM], [rule('kind == "b"')]);
  at.send('s', 0, events('aaa', 0));
  expect(at.activate({ ...rule('kind == "b"'), key: 'kind' })).toEqual({ carried: 0, dropped: 3 });
});

it('limits, and conditions that change how open matches are kept, carry them on', () => {
  const at = new TaskHarness([STREAM], [rule('kind == "b" && v > a.v')]);
  const representation = () => at.task.rules.rules.get('r')!.compiled.plan.representation;
  at.send('s', 0, events('aaaa', 0));
  expect(representation()).toBe('grouped');
  expect(at.activate(rule('kind == "b" && v > a.v', { limits: { onLimit: 'dropNewest' } }))).toEqual({ carried: 4, dropped: 0 });
  expect(representation()).toBe('grouped');
  expect(at.activate(rule('kind == "b" && [a].exists(e, v > e.v)'))).toEqual({ carried: 4, dropped: 0 });
  expect(representation()).toBe('runs');
  at.send('s', 0, events('bb', 10));
  expect(at.alerts.size).toBe(4);
});
