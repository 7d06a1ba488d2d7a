import { TaskHarness } from '../support/task-harness.js';

const STREAM = { name: 's', time: { field: 'ts', format: 'epochMillis' } };

function harness(limits: object): TaskHarness {
  const pattern = [
    { begin: 'a', where: 'kind == "a"' },
    { followedBy: 'b', where: 'kind == "b"' },
  ];
  return new TaskHarness([STREAM], [{ id: 'r', from: 's', key: 'k', pattern, within: '1h', limits }]);
}

const events = (kinds: string, from = 0) =>
  [...kinds].map((kind, index) => ({ time: from + index, value: { k: 'x', kind, ts: from + index } }));

function countersOf({ task }: TaskHarness) {
  const rule = task.rules.rules.get('r');
  const { limitReached, limitDropped, keptEventsReached, keptBytesReached, matchesPerEventReached } = rule!.hosted.counters;
  return { status: rule!.status, limitReached, limitDropped, keptEventsReached, keptBytesReached, matchesPerEventReached };
}

const reached = ({ journal }: TaskHarness) => journal.map(({ payload }) => payload).filter(({ kind }) => kind === 'limit-reached');

describe.each([
  ['keptEvents', { keptEvents: 4 }, { keptEventsReached: 1 }],
  ['keptBytes', { keptBytes: 110 }, { keptBytesReached: 1 }],
] as const)('%s', (limit, bound, counted) => {
  it.each([
    ['dropOldest', 'active', ['4']],
    ['dropNewest', 'active', ['0']],
    ['pause', 'paused', []],
  ] as const)('%s: bounded, counted, journaled once', (onLimit, status, alerting) => {
    const at = harness({ ...bound, onLimit });
    at.send('s', 0, events('aaaaa'));
    expect(countersOf(at)).toMatchObject({ status, limitReached: 1, limitDropped: expect.any(Number), ...counted });
    expect(countersOf(at).limitDropped).toBeGreaterThan(0);
    expect(reached(at)).toEqual([{ kind: 'limit-reached', rule: 'r', version: 1, limit, onLimit }]);
    const open = at.openMatches('r', 'sx').map(({ path }) => String(path[0].event.offset));
    if (status === 'active') expect(open).toEqual(expect.arrayContaining([...alerting]));
    expect(open.length).toBeLessThanOrEqual(4);
  });
});

describe('onLimit: pause', () => {
  const stops = ({ journal }: TaskHarness) => journal.filter(({ payload }) => payload.kind === 'rule-paused').map(({ payload }) => payload);

  it('is an entry of its own, once, however recovery reads', () => {
    for (const batch of [1, 2, 3, 7]) {
      const at = harness({ keptEvents: 4, onLimit: 'pause' });
      at.send('s', 0, events('ab'));
      at.checkpoint();
      at.send('s', 0, events('aaaaaab', 2));
      expect(stops(at)).toEqual([{ kind: 'rule-paused', rule: 'r', reason: 'limit', version: 1 }]);
      at.task.decide({ kind: 'rule-activated', rule: 'r', version: 1, status: 'active' });
      at.send('s', 0, events('ab', 9));
      const [alerts, journal] = [[...at.alerts], [...at.journal]];
      expect(alerts).toHaveLength(2);
      at.crash(batch);
      expect([[...at.alerts], at.journal]).toEqual([alerts, journal]);
      expect(countersOf(at).status).toBe('active');
    }
  });

  it('is journaled by recovery where the crash came before its entry', () => {
    const at = harness({ keptEvents: 4, onLimit: 'pause' });
    at.send('s', 0, events('aaaaaa'));
    const lost = at.journal.splice(at.journal.findIndex(({ payload }) => payload.kind === 'limit-reached'));
    at.crash(4);
    expect(at.journal.slice(-lost.length).map(({ payload }) => payload)).toEqual(lost.map(({ payload }) => payload));
    expect([stops(at).length, countersOf(at).status]).toEqual([1, 'paused']);
  });
});

it('matchesPerEvent: what one event may make is bounded, counted, journaled once', () => {
  const at = harness({ matchesPerEvent: 3 });
  at.send('s', 0, events('aaaaabab'));
  at.close();
  expect(at.alerts.size).toBe(4);
  expect(countersOf(at)).toMatchObject({ limitReached: 1, matchesPerEventReached: 1 });
  expect(reached(at)).toEqual([{ kind: 'limit-reached', rule: 'r', version: 1, limit: 'matchesPerEvent', onLimit: 'dropOldest' }]);
});

it('a default without a word in the document bounds all the same', () => {
  const at = harness({});
  at.send('s', 0, events('aaab'));
  expect([at.alerts.size, countersOf(at).limitReached]).toEqual([3, 0]);
});

it.each([1, 2, 3, 5, 9])('recovery comes by the limit again and gives the same, read %s at a time', (batch) => {
  const at = harness({ keptEvents: 4, onLimit: 'dropOldest' });
  at.send('s', 0, events('aaa'));
  at.checkpoint();
  at.send('s', 0, events('aab', 3));
  at.task.decide({ kind: 'rule-activated', rule: 'r', version: 1, status: 'shadow' });
  at.send('s', 0, events('aaaaab', 6));
  at.close();
  const [alerts, journal, counters] = [[...at.alerts], [...at.journal], countersOf(at)];
  at.alerts.clear();
  at.crash(batch);
  expect(alerts).toEqual(expect.arrayContaining([...at.alerts]));
  expect(at.alerts.size).toBeGreaterThan(0);
  expect(at.journal).toEqual(journal);
  expect(countersOf(at)).toEqual(counters);
  expect(reached(at)).toHaveLength(1);
});

it('open matches are counted without being described, and are as many', () => {
  const pattern = [
    { begin: 'a', where: 'kind == "a"', times: { min: 1 }, loop: 'any' },
    { followedByAny: 'b', where: 'kind == "b" && ts > first(a).ts' },
  ];
  const at = new TaskHarness([STREAM], [{ id: 'r', from: 's', key: 'k', pattern, within: '1h' }]);
  at.send('s', 0, events('aaaaabaa'));
  const { operator, hosted } = at.task.rules.rules.get('r')!;
  expect(operator.openMatchCount(hosted)).toBe(at.openMatches('r', 'sx').length);
  expect(operator.openMatchCount(hosted)).toBeGreaterThan(100);
});
