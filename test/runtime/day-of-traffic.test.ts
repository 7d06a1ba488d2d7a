import type { Footprint } from '../../src/engine/state/keyed-state.js';
import { type Record, TaskHarness } from '../support/task-harness.js';

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
const START = 1_700_000_000_000;

const STREAM = {
  name: 's',
  time: { field: 'ts', format: 'epochMillis' },
  outOfOrderness: '5s',
  id: 'n',
  dedupe: { for: '5m' },
};
const RULES = [
  {
    id: 'pair',
    from: 's',
    key: 'k',
    pattern: [
      { begin: 'a', where: 'type == "A"' },
      { followedBy: 'b', where: 'type == "B"' },
    ],
    within: '20m',
    skip: 'pastLast',
    suppress: { for: '10m' },
  },
  {
    id: 'silence',
    from: 's',
    key: 'k',
    pattern: [
      { begin: 'a', where: 'type == "A"' },
      { notFollowedBy: 'b', where: 'type == "B"' },
    ],
    within: '15m',
  },
  { id: 'busy', from: 's', key: 'k', window: { tumbling: '10m' }, select: { events: 'count()' }, having: 'events > 100' },
];

/** A minute's events: keys of their own that begin, and some of those of ten minutes before that go on. */
function minute(number: number): Record[] {
  return Array.from({ length: 12 }, (_, i) => {
    const time = START + number * MINUTE + i * SECOND;
    const [key, type] = i < 9 ? [number * 9 + i, 'A'] : [(number - 10) * 9 + i - 9, 'B'];
    return { time, value: { ts: time, k: `key-${key}`, type, n: number * 12 + i, filler: 'x'.repeat(100) } };
  });
}

interface Held {
  readonly keys: number;
  readonly queued: number;
  readonly rules: Footprint;
  readonly ids: Footprint;
}

function held({ task }: TaskHarness): Held {
  const [rules] = task.rules.operators.values();
  const [{ dedupe }] = task.streams.partitions.values();
  const queued = [...task.buffers].reduce((sum, { size }) => sum + size, 0);
  return { keys: rules.state.size, queued, rules: rules.footprint, ids: dedupe!.state.footprint };
}

const most = (of: readonly Held[], value: (held: Held) => number): number => Math.max(...of.map(value));

it('a day of keys that come and go leaves no more behind than its first hours, and silence nothing', () => {
  const at = new TaskHarness([STREAM], RULES);
  const hours: Held[] = [];
  for (let hour = 0; hour < 24; hour++) {
    for (let each = hour * 60; each < (hour + 1) * 60; each++) {
      at.send('s', 0, minute(each));
      if (each % 7 === 0) at.checkpoint();
    }
    hours.push(held(at));
  }
  expect(at.alerts.size).toBeGreaterThan(24 * 60 * 6);
  const [morning, rest] = [hours.slice(1, 8), hours.slice(8)];
  expect(most(rest, ({ rules }) => rules.aliveBytes)).toBeGreaterThan(20_000);
  for (const value of [
    ({ keys }: Held) => keys,
    ({ queued }: Held) => queued,
    ({ rules }: Held) => rules.deadlines,
    ({ rules }: Held) => rules.slots,
    ({ ids }: Held) => ids.deadlines,
    ({ ids }: Held) => ids.slots,
  ])
    expect(most(rest, value)).toBeLessThanOrEqual(most(morning, value));
  for (const { rules, ids } of hours.slice(1))
    for (const { heldBytes, aliveBytes } of [rules, ids]) expect(heldBytes).toBeLessThan(2.5 * aliveBytes + 16 * 1024);

  at.send('s', 0, [{ time: START + 30 * HOUR, value: { ts: START + 30 * HOUR, k: 'last', type: 'C', n: -1 } }]);
  at.task.assertWatermark('s', START + 31 * HOUR);
  at.checkpoint();
  const nothing = { awake: 0, aliveBytes: 0, heldBytes: 0, deadlines: 0 };
  // The last event's id is all that is remembered.
  expect(held(at)).toMatchObject({ keys: 0, queued: 0, rules: nothing, ids: { deadlines: 1 } });
});
