import { setTimeout as delay } from 'node:timers/promises';
import { Rig } from './support.js';

const TIME = 1_700_000_000_000;
const QUIET_MS = 2_000;

let rig: Rig;

beforeAll(async () => {
  rig = await Rig.start({ TRIPLINE_CHECKPOINT_INTERVAL: '200ms' });
  await stream('quick', { quietAfter: '300ms' });
  await stream('slow', { quietAfter: `${QUIET_MS}ms` });
  await stream('never', { quietAfter: 'never' });
  await stream('left', { quietAfter: '300ms', idleAfter: '100ms' });
  await stream('right', { quietAfter: '300ms', idleAfter: 'never' });
  for (const name of ['quick', 'slow', 'never']) await absence(name, name);
}, 60_000);

afterAll(() => rig.stop());

function stream(name: string, settings: Record<string, unknown>): Promise<void> {
  return rig.put(`/v1/streams/${name}`, { name, time: { field: 'ts', format: 'epochMillis' }, ...settings });
}

function absence(id: string, from: string | string[]): Promise<void> {
  const pattern = [
    { begin: 'seen', where: 'kind == "seen"' },
    { notFollowedBy: 'again', where: 'kind == "again"' },
  ];
  return rig.put(`/v1/rules/${id}`, { id, from, key: 'card', pattern, within: '1s' });
}

function event(card: string, kind: string, at = 0) {
  return { card, kind, ts: TIME + at };
}

it('an absence fires when all is quiet, at its own time, without any further event', async () => {
  await rig.send('never', [event('waits', 'seen')]);
  await rig.send('quick', [event('a', 'seen'), event('b', 'seen', 200), event('a', 'again', 900)]);
  const [alert] = await rig.alertsOf('quick', 1);
  expect(alert).toMatchObject({ key: 'b', startTime: TIME + 200, endTime: TIME + 1_200 });
});

it('nothing fires on a stream that is never quiet, until its producer says so', async () => {
  expect(await rig.alerts('rule=never')).toEqual([]);
  const { body } = await rig.json<{ watermark: number }>('POST', '/v1/streams/never/watermark', { time: TIME + 999 });
  expect(body.watermark).toBe(TIME + 999);
  expect(await rig.alerts('rule=never')).toEqual([]);
  await rig.json('POST', '/v1/streams/never/watermark', { time: '2026-01-01T00:00:00Z' });
  expect(await rig.alertsOf('never', 1)).toMatchObject([{ key: 'waits', endTime: TIME + 1_000 }]);
});

it('our downtime is not silence', async () => {
  await rig.send('slow', [event('returns', 'seen'), event('gone', 'seen')]);
  expect(await rig.service.stop()).toBe(0);
  await delay(QUIET_MS + 500);
  await rig.service.start();
  const { body } = await rig.send('slow', [event('returns', 'again', 500)]);
  expect(body).toMatchObject({ accepted: 1, rejected: [] });
  const alerts = await rig.alertsOf('slow', 1);
  expect(alerts.map(({ key }) => key)).toEqual(['gone']);
  await rig.json('POST', '/v1/streams/slow/watermark', { time: TIME + 60_000 });
  expect((await rig.alerts('rule=slow')).map(({ key }) => key)).toEqual(['gone']);
}, 25_000);

it('a rule of two streams waits for the one that lags', async () => {
  const pattern = [
    { begin: 'one', where: 'kind == "seen"' },
    { followedBy: 'two', where: 'kind == "again"' },
  ];
  await rig.put('/v1/rules/both', { id: 'both', from: ['left', 'right'], key: 'card', pattern, within: '1h' });
  await rig.put('/v1/rules/only-left', { id: 'only-left', from: 'left', key: 'card', pattern, within: '1h' });
  await absence('both-absent', ['left', 'right']);
  await rig.send('right', [event('other', 'none', 50)]);
  await rig.send('left', [event('x', 'seen', 100), event('x', 'again', 300)]);
  await rig.alertsOf('only-left', 1);
  expect(await rig.alerts('rule=both')).toEqual([]);
  await rig.send('right', [event('x', 'seen', 200), event('x', 'none', 400)]);
  const alerts = await rig.alertsOf('both', 2);
  expect(alerts.map(({ startTime }) => startTime - TIME)).toEqual([100, 200]);
});

it('the quiet clock goes on after a crash without any further event', async () => {
  await stream('crash', { quietAfter: '300ms' });
  const pattern = [{ begin: 'seen' }, { notFollowedBy: 'again' }];
  await rig.put('/v1/rules/crash', { id: 'crash', from: 'crash', key: 'card', pattern, within: '4s' });
  await rig.send('crash', [event('early', 'seen', -3_000), event('later', 'seen')]);
  await rig.alertsOf('crash', 1);
  // The checkpoint has to cover the alert: then nothing is replayed that would put the clock right.
  await delay(600);
  await rig.service.kill();
  await rig.service.start();
  expect((await rig.alertsOf('crash', 2)).map(({ key }) => key)).toEqual(['early', 'later']);
}, 40_000);
