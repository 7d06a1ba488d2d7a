import { heavy, NUMBERS, Rig, until } from './support.js';

const TIME = 1_700_000_000_000;
const PER_REQUEST = 200;
const MOST_REQUESTS = 400;
const OPEN_MATCHES = 300;
const FILL = 'x'.repeat(500);

let rig: Rig;

beforeAll(async () => {
  rig = await Rig.start({ TRIPLINE_LOG_BACKLOG: '1MiB', TRIPLINE_WATCHDOG: '1500ms', TRIPLINE_CHECKPOINT_INTERVAL: '200ms' });
  await rig.put('/v1/streams/flood', { name: 'flood', time: { field: 'ts', format: 'epochMillis' }, quietAfter: '300ms' });
  await rig.put('/v1/rules/freezes', {
    id: 'freezes',
    from: 'flood',
    key: 'card',
    pattern: [
      { begin: 'one', where: 'kind == "open"' },
      { followedBy: 'two', where: `has(list) && ${heavy('list', 'one.n')}` },
    ],
    within: '1h',
  });
  const pattern = [
    { begin: 'seen', where: 'kind == "seen"' },
    { notFollowedBy: 'again', where: 'kind == "again"' },
  ];
  await rig.put('/v1/rules/absent', { id: 'absent', from: 'flood', key: 'card', pattern, within: '1s' });
  await rig.put('/v1/rules/counts', {
    id: 'counts',
    from: 'flood',
    key: 'n',
    pattern: [{ begin: 'one', where: 'kind == "fill"' }],
    alert: { events: 'none' },
  });
}, 60_000);

afterAll(() => rig.stop());

function request(number: number) {
  return Array.from({ length: PER_REQUEST }, (_, index) => ({ n: number * PER_REQUEST + index, kind: 'fill', fill: FILL, ts: TIME + 100 }));
}

/** Sends until it is taken, as a careful client does. */
function accepted(lines: readonly unknown[], key: string) {
  return until(
    () => rig.send('flood', lines, { 'idempotency-key': key }),
    ({ status }) => status === 200,
    40_000,
  );
}

it('a frozen engine answers 429 with Retry-After; nothing accepted is lost, and our refusal is no silence', async () => {
  await rig.send('flood', [
    { card: 'k', kind: 'seen', ts: TIME },
    ...Array.from({ length: OPEN_MATCHES }, (_, n) => ({ card: 'k', kind: 'open', n, ts: TIME })),
    { card: 'k', ts: TIME + 100, list: NUMBERS },
  ]);
  let refused: Awaited<ReturnType<Rig['send']>> | undefined;
  let sent = 0;
  for (; sent < MOST_REQUESTS && refused === undefined; sent++) {
    const reply = await rig.send('flood', request(sent), { 'idempotency-key': `r${sent}` });
    if (reply.status !== 200) refused = reply;
  }
  expect(refused?.status).toBe(429);
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused?.body).toMatchObject({ code: 'backlog-full', processed: expect.any(Number) });
  const last = sent - 1;
  await accepted(request(last), `r${last}`);
  await accepted([{ card: 'k', kind: 'again', ts: TIME + 200 }], 'again');
  await until(
    async () => (await rig.json<{ alerts: number }>('GET', '/v1/rules/counts/stats')).body.alerts,
    (alerts) => alerts >= sent * PER_REQUEST,
  );
  await rig.json('POST', '/v1/streams/flood/watermark', { time: TIME + 60_000 });
  expect((await rig.json<{ alerts: number }>('GET', '/v1/rules/counts/stats')).body.alerts).toBe(sent * PER_REQUEST);
  expect(await rig.alerts('rule=absent')).toEqual([]);
}, 55_000);
