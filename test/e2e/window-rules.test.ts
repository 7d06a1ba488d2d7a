import { Rig } from './support.js';

const TIME = 1_700_000_000_000 - (1_700_000_000_000 % 10_000);
const RULE = {
  id: 'velocity',
  from: 's',
  key: 'card',
  window: { tumbling: '10s' },
  select: { n: 'count()', total: 'sum(amount)' },
  having: 'n >= 2',
  alert: { title: '${n} payments' },
};

let rig: Rig;

beforeAll(async () => {
  rig = await Rig.start({ TRIPLINE_CHECKPOINT_INTERVAL: '200ms' });
  await rig.put('/v1/streams/s', { name: 's', time: { field: 'ts', format: 'epochMillis' }, quietAfter: 'never' });
}, 60_000);

afterAll(() => rig.stop());

const event = (ms: number, amount: number, card = 'k') => ({ ts: TIME + ms, card, amount });

it('registers with its plan, alerts with window and values, and counts', async () => {
  const { status, body } = await rig.json('POST', '/v1/rules', RULE);
  expect(status).toBe(201);
  expect(body).toMatchObject({ id: 'velocity', version: 1, plan: { representation: 'panes' }, warnings: [] });
  expect((await rig.ask<string>('GET', '/v1/rules/velocity/nfa')).text).toContain('window["tumbling size 10s"]');
  await rig.send(
    's',
    [event(0, 5), event(9_999, 7), event(3, 9, 'other')].sort((a, b) => a.ts - b.ts),
  );
  await rig.json('POST', '/v1/streams/s/watermark', { time: TIME + 10_000 });
  const [alert] = await rig.alertsOf('velocity', 1);
  expect(alert).toMatchObject({
    kind: 'window',
    key: 'k',
    title: '2 payments',
    window: { start: TIME, end: TIME + 10_000 },
    values: { n: 2, total: 12 },
    steps: {},
  });
  expect((await rig.json('GET', `/v1/alerts/${alert.id}`)).body).toMatchObject({ id: alert.id, explanation: [] });
  expect((await rig.json('GET', '/v1/rules/velocity/stats')).body).toMatchObject({ events: 3, alerts: 1, keys: 0 });
});

it('a window that is open survives kill -9 and a new threshold', async () => {
  await rig.send('s', [event(21_000, 1)]);
  const stats = (await rig.json<{ keys: number }>('GET', '/v1/rules/velocity/stats')).body;
  expect(stats.keys).toBeLessThanOrEqual(1);
  await rig.service.kill();
  await rig.service.start();
  const changed = { ...RULE, having: 'n >= 3', alert: { title: 'many' } };
  expect((await rig.json('PUT', '/v1/rules/velocity?dryRun=true', changed)).body).toMatchObject({ carried: 1, dropped: 0 });
  await rig.put('/v1/rules/velocity', changed);
  await rig.send('s', [event(22_000, 1), event(23_000, 1)]);
  await rig.json('POST', '/v1/streams/s/watermark', { time: TIME + 30_000 });
  const alerts = await rig.alertsOf('velocity', 2);
  expect(alerts[1]).toMatchObject({ title: 'many', values: { n: 3, total: 3 }, ruleVersion: 2 });
});

it('simulates', async () => {
  const { body } = await rig.json('POST', '/v1/rules/simulate', {
    rule: RULE,
    events: [event(1, 1), event(2, 2)],
    watermark: TIME + 9_999,
  });
  expect(body).toMatchObject({
    matches: [],
    timeouts: [],
    windows: [{ key: 'k', start: TIME, end: TIME + 10_000, values: { n: 2, total: 3 } }],
    alerts: [{ kind: 'window', title: '2 payments' }],
  });
});
