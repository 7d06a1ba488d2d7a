import { type Problem, Rig } from './support.js';

const TIME = 1_700_000_000_000;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ TRIPLINE_MAX_AHEAD: '1s' });
  for (const name of ['orders', 'refunds'])
    await rig.put(`/v1/streams/${name}`, { name, time: { field: 'ts', format: 'epochMillis' }, idleAfter: 'never', quietAfter: 'never' });
  await rig.put('/v1/rules/both', { id: 'both', from: ['orders', 'refunds'], pattern: [{ begin: 'one', from: 'orders' }] });
}, 60_000);
afterAll(() => rig.stop());

it('a stream far ahead of another is held back, and goes on when a decision alone moves the time of the other', async () => {
  await rig.send('refunds', [{ ts: TIME }]);
  // Each request is a batch of its own: the first is ahead already, so the others wait in the log.
  for (let minute = 1; minute <= 5; minute++) await rig.send('orders', [{ ts: TIME + minute * 60_000 }]);
  const early = await rig.json<Problem>('POST', '/v1/streams/orders/watermark', { time: TIME + 3_600_000 });
  expect([early.status, early.body.code, early.headers.get('retry-after')]).toEqual([503, 'stream-behind', '1']);
  await rig.json('POST', '/v1/streams/refunds/watermark', { time: TIME + 3_600_000 });
  expect((await rig.alertsOf('both', 5)).map(({ startTime }) => startTime - TIME)).toEqual(
    [1, 2, 3, 4, 5].map((minute) => minute * 60_000),
  );
}, 40_000);
