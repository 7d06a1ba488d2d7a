import { readRule } from '../../src/engine/rule/index.js';
import { simulate } from '../../src/runtime/simulate.js';

function run(rule: object, events: readonly object[], watermark?: number) {
  const { rule: definition, problems } = readRule({ id: 'r', from: 's', ...rule });
  expect(problems).toEqual([]);
  const simulated = events.map((event) => ({ stream: 's', time: (event as { ts: number }).ts, raw: Buffer.from(JSON.stringify(event)) }));
  const { windows, alerts } = simulate(definition!, simulated, { watermark });
  return { windows, alerts: alerts.map((alert) => JSON.parse(alert) as Record<string, unknown>) };
}

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);

describe('window rules', () => {
  it('an alert carries the window and its values, and nothing of the events', () => {
    const { alerts } = run(
      {
        key: 'card',
        window: { tumbling: '10s' },
        select: { n: 'count()', large: 'count(amount > 100)', total: 'sum(amount)' },
        having: 'n >= 2 && large > 0',
        alert: { title: '${key}: ${n} payments, ${total} until ${window.end}', fields: { share: 'large / n' } },
      },
      [
        { ts: 1_000, card: 'a', amount: 150 },
        { ts: 9_999, card: 'a', amount: 50 },
        { ts: 2_000, card: 'b', amount: 500 },
        { ts: 10_000, card: 'a', amount: 500 },
      ],
      19_999,
    );
    expect(alerts).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        rule: 'r',
        ruleVersion: 1,
        kind: 'window',
        severity: 'medium',
        title: 'a: 2 payments, 200 until 10000',
        key: 'a',
        startTime: 0,
        endTime: 10_000,
        timedOut: false,
        shadow: false,
        steps: {},
        window: { start: 0, end: 10_000 },
        values: { n: 2, large: 1, total: 200 },
        fields: { share: 0.5 },
      },
    ]);
  });

  it('fires with the watermark at its last millisecond, not before', () => {
    const rule = { window: { tumbling: '10ms' }, select: { n: 'count()' } };
    expect(run(rule, [{ ts: 3 }], 8).windows).toEqual([]);
    expect(run(rule, [{ ts: 3 }], 9).windows).toMatchObject([{ key: 'null', start: 0, end: 10, values: { n: 1 } }]);
    expect(run(rule, [{ ts: 9 }, { ts: 9 }], 9).windows).toMatchObject([{ values: { n: 2 } }]);
  });

  it('days of a zone have 23 and 25 hours', () => {
    const rule = { window: { tumbling: '1d', timezone: 'Europe/Berlin' }, select: { n: 'count()' } };
    const times = ['2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z', '2026-10-24T22:30:00Z', '2026-10-25T22:30:00Z', '2026-10-25T23:00:00Z'];
    const { windows } = run(
      rule,
      times.map((text) => ({ ts: at(text) })),
      at('2026-11-01T00:00:00Z'),
    );
    expect(windows.map(({ start, end, values }) => [new Date(start!).toISOString(), (end! - start!) / HOUR, values.n])).toEqual([
      ['2026-03-27T23:00:00.000Z', 24, 1],
      ['2026-03-28T23:00:00.000Z', 23, 1],
      ['2026-10-24T22:00:00.000Z', 25, 2],
      ['2026-10-25T23:00:00.000Z', 24, 1],
    ]);
  });

  it('null is left out; what is missing or no number is, too, and counts as an error', () => {
    const rule = { window: { count: 4 }, select: { n: 'count()', mean: 'avg(v)', lowest: 'min(w)' } };
    const { windows } = run(rule, [{ ts: 1, v: null }, { ts: 2, v: 'x' }, { ts: 3 }, { ts: 4, v: 7 }]);
    expect(windows).toMatchObject([{ values: { n: 4, mean: 7, lowest: null } }]);
  });

  it('every firing of a count window is an alert of its own', () => {
    const { alerts } = run({ window: { count: { size: 3, every: 1 } }, select: { total: 'sum(v)' } }, [
      { ts: 1, v: 1 },
      { ts: 1, v: 1 },
      { ts: 2, v: 1 },
    ]);
    expect(alerts.map(({ values, startTime, endTime }) => [values, startTime, endTime])).toEqual([
      [{ total: 1 }, 1, 1],
      [{ total: 2 }, 1, 1],
      [{ total: 3 }, 1, 2],
    ]);
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(3);
  });

  it('a cool-down is measured from the end of the window', () => {
    const rule = { window: { tumbling: '10ms' }, select: { n: 'count()' }, suppress: { for: '25ms' } };
    const { alerts, windows } = run(rule, [{ ts: 1 }, { ts: 11 }, { ts: 21 }, { ts: 31 }, { ts: 41 }], 49);
    expect(windows).toHaveLength(5);
    expect(alerts.map(({ endTime }) => endTime)).toEqual([10, 40]);
  });

  it('warns that late events do not reach rules', () => {
    const { warnings } = readRule({ id: 'r', from: 's', window: { session: '1s' }, select: { n: 'count()' }, allowedLateness: '5s' });
    expect(warnings).toMatchObject([{ code: 'lateness-without-effect', pointer: '/allowedLateness' }]);
  });

  it('another threshold keeps the windows that are open, another value does not', () => {
    const rule = { id: 'r', from: 's', window: { session: '1s' }, select: { n: 'count()' } };
    const canonical = (more: object): string | undefined => readRule({ ...rule, ...more }).rule?.canonical;
    expect(canonical({ having: 'n > 1' })).toBe(canonical({ having: 'n > 2' }));
    expect(canonical({ select: { n: 'sum(v)' } })).not.toBe(canonical({}));
  });
});
