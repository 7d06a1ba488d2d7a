import { findNearWindow } from '../../src/engine/explain/index.js';
import { Event } from '../../src/engine/event/event.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { readRule } from '../../src/engine/rule/index.js';
import type { WindowRuleDefinition } from '../../src/engine/rule/definition.js';

function near(more: object, given: readonly (readonly [ts: number, v: number])[], until: number) {
  const document = { id: 'w', from: 's', key: 'k', select: { n: 'count()', total: 'sum(v)' }, ...more };
  const { rule, problems } = readRule(document);
  expect(problems).toEqual([]);
  const layout = new FieldLayout();
  const events = given.map(([ts, v], offset) => {
    const raw = Buffer.from(JSON.stringify({ k: 1, v }));
    return new Event(layout, 's', 0, offset, ts, raw, layout.decode(raw));
  });
  return findNearWindow(rule as WindowRuleDefinition, layout, events, until);
}

const failure = (condition: string, part: string, values: object, result = 'false') => ({ condition, part, result, values });

describe('the fullest window of a key without a result', () => {
  const having = 'n >= 2 && total > 100';
  const tumbling = { window: { tumbling: '10s' }, having };

  it('says which part of having failed, with the values', () => {
    const given = [
      [1_000, 5],
      [11_000, 30],
      [12_000, 60],
      [21_000, 900],
    ] as const;
    expect(near(tumbling, given, 60_000)).toEqual({
      window: { start: 10_000, end: 20_000 },
      eventCount: 2,
      open: false,
      values: { n: 2, total: 90 },
      failure: failure(having, 'total > 100', { total: 90 }),
    });
  });

  it('may be open, and having may hold there already', () => {
    const given = [
      [11_000, 30],
      [12_000, 600],
    ] as const;
    expect(near(tumbling, given, 15_000)).toMatchObject({ window: { start: 10_000, end: 20_000 }, open: true, failure: undefined });
    expect(near(tumbling, given.slice(0, 1), 15_000)).toMatchObject({ open: true, failure: failure(having, 'n >= 2', { n: 1 }) });
  });

  it('of sliding windows and sessions', () => {
    const given = [
      [1_000, 1],
      [6_000, 1],
      [9_000, 1],
      [14_000, 1],
    ] as const;
    expect(near({ window: { sliding: { size: '10s', every: '5s' } }, having: 'n > 9' }, given, 99_000)).toMatchObject({
      window: { start: 0, end: 10_000 },
      eventCount: 3,
    });
    expect(near({ window: { session: '4s' }, having: 'n > 9' }, given, 99_000)).toMatchObject({
      window: { start: 6_000, end: 13_000 },
      eventCount: 2,
    });
  });

  it('of a number of events: full, or waiting for more', () => {
    const counting = { window: { count: 3 }, having: 'total > 100' };
    expect(
      near(
        counting,
        [
          [1, 1],
          [2, 2],
          [3, 3],
        ],
        9,
      ),
    ).toMatchObject({ eventCount: 3, open: false, values: { n: 3, total: 6 } });
    expect(
      near(
        counting,
        [
          [1, 1],
          [2, 2],
        ],
        9,
      ),
    ).toEqual({ eventCount: 2, open: true, values: {} });
  });

  it('reads window in having, and shows what cannot be evaluated', () => {
    const condition = 'window.end > 50000';
    expect(near({ ...tumbling, having: condition }, [[1_000, 5]], 60_000)?.failure).toMatchObject({ part: condition, result: 'false' });
    const given = near({ ...tumbling, select: { lowest: 'min(v)' }, having: 'lowest > 1' }, [[1_000, 1]], 60_000);
    expect(given?.failure).toEqual(failure('lowest > 1', 'lowest > 1', { lowest: 1 }));
  });

  it('is none where no window has an event', () => {
    expect(near({ window: { sliding: { size: '1s', every: '5s' } }, having }, [[3_000, 5]], 60_000)).toBeUndefined();
  });
});
