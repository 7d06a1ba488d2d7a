import { heavy, NUMBERS, Rig, until } from './support.js';

const TIME = 1_700_000_000_000;
const NEIGHBOURS = 50;

let rig: Rig;

beforeAll(async () => {
  rig = await Rig.start({ TRIPLINE_WATCHDOG: '1s', TRIPLINE_CHECKPOINT_INTERVAL: '200ms' });
  await rig.put('/v1/streams/work', { name: 'work', time: { field: 'ts', format: 'epochMillis' }, quietAfter: 'never' });
  await rig.put('/v1/rules/loops', {
    id: 'loops',
    from: 'work',
    key: 'card',
    pattern: [
      { begin: 'one', where: '!has(list)' },
      { followedBy: 'two', where: `has(list) && ${heavy('list', 'one.n')}` },
    ],
    within: '1h',
  });
  await rig.put('/v1/rules/neighbour', {
    id: 'neighbour',
    from: 'work',
    key: 'card',
    pattern: [{ begin: 'a' }, { followedBy: 'b' }],
    within: '1h',
  });
}, 60_000);

afterAll(() => rig.stop());

it('a rule that loops is paused after three restarts, and its neighbour misses nothing', async () => {
  const lines = Array.from({ length: NEIGHBOURS }, (_, index) => ({ card: 'k', n: index, ts: TIME + index }));
  const poison = { card: 'k', n: 'poison', ts: TIME + NEIGHBOURS, list: NUMBERS };
  await rig.send('work', [...lines, poison]);
  await rig.send(
    'work',
    lines.map((line) => ({ ...line, ts: line.ts + NEIGHBOURS + 1 })),
  );
  const [letter] = await until(
    () => rig.deadLetters('code=rule-stopped'),
    (items) => items.length > 0,
  );
  expect(JSON.parse(letter?.raw ?? '')).toEqual(poison);
  const { body } = await rig.json<{ status: string }>('GET', '/v1/rules/loops');
  expect(body.status).toBe('paused');
  const alerts = await rig.alertsOf('neighbour', 2 * NEIGHBOURS);
  expect(alerts.map(({ startTime }) => startTime - TIME)).toEqual(Array.from({ length: 2 * NEIGHBOURS }, (_, index) => index));
  expect(await rig.restarts()).toBe(3);
}, 90_000);

it('what was decided stays decided after a crash', async () => {
  await rig.service.kill();
  await rig.service.start();
  expect((await rig.json<{ status: string }>('GET', '/v1/rules/loops')).body.status).toBe('paused');
  expect(await rig.deadLetters('code=rule-stopped')).toHaveLength(1);
  await rig.send('work', [{ card: 'k', n: 1_000, ts: TIME + 1_000 }]);
  await rig.alertsOf('neighbour', 2 * NEIGHBOURS + 1);
  expect(await rig.restarts()).toBe(0);
  expect((await rig.ask('GET', '/metrics')).text).toMatch(/^tripline_ghost_alerts\S* 0$/m);
}, 30_000);

it('the rule works again once it is activated', async () => {
  await rig.json('POST', '/v1/rules/loops/status', { status: 'active' });
  await rig.send('work', [
    { card: 'short', n: 1, ts: TIME + 1_001 },
    { card: 'short', n: 2, ts: TIME + 1_002, list: [1, 2, 3] },
  ]);
  expect(await rig.alertsOf('loops', 1)).toHaveLength(1);
});

it('a rule that loops at a deadline is stopped there; one with the same deadlines fires all of them', async () => {
  await rig.put('/v1/streams/calm', { name: 'calm', time: { field: 'ts', format: 'epochMillis' }, quietAfter: '300ms' });
  const pattern = [
    { begin: 'x', where: 'kind == "x"' },
    { notFollowedBy: 'y', where: 'kind == "y"' },
  ];
  const title = `\${has(x.list) ? "slow" : "quick"}`;
  const fields = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [`f${index}`, `has(x.list) && ${heavy('x.list', `${index}.0`)}`]),
  );
  await rig.put('/v1/rules/late', { id: 'late', from: 'calm', key: 'card', pattern, within: '1s', alert: { title, fields } });
  await rig.put('/v1/rules/beside', { id: 'beside', from: 'calm', key: 'card', pattern, within: '1s' });
  await rig.send('calm', [
    { card: 'first', kind: 'x', ts: TIME - 500 },
    { card: 'second', kind: 'x', ts: TIME, list: NUMBERS },
    { card: 'third', kind: 'x', ts: TIME + 100 },
  ]);
  expect((await rig.alertsOf('beside', 3, 60_000)).map(({ key }) => key)).toEqual(['first', 'second', 'third']);
  expect((await rig.alertsOf('late', 1)).map(({ key, title: text }) => [key, text])).toEqual([['first', 'quick']]);
  expect((await rig.json<{ status: string }>('GET', '/v1/rules/late')).body.status).toBe('paused');
}, 90_000);

it('an id that is too much work for an event is an error, and the event has its place as its id', async () => {
  const id = 'has(list) && list.all(a, list.all(b, list.all(c, a + b + c >= 0.0))) ? "x" : card';
  await rig.put('/v1/streams/ids', { name: 'ids', id, time: { field: 'ts', format: 'epochMillis' }, quietAfter: 'never' });
  await rig.put('/v1/rules/ids', { id: 'ids', from: 'ids', key: 'card', pattern: [{ begin: 'one' }] });
  const restarts = await rig.restarts();
  await rig.send('ids', [
    { card: '1', ts: TIME },
    { card: '2', ts: TIME + 1, list: NUMBERS },
    { card: '3', ts: TIME + 2 },
  ]);
  expect((await rig.alertsOf('ids', 3, 60_000)).map(({ key }) => key)).toEqual(['1', '2', '3']);
  expect(await rig.deadLetters('stream=ids')).toEqual([]);
  expect(await rig.restarts()).toBe(restarts);
}, 90_000);

it('a simulation that loops ends, and the service answers meanwhile', async () => {
  const pattern = [
    { begin: 'one', where: '!has(list)' },
    { followedBy: 'two', where: `has(list) && ${heavy('list', 'one.n')}` },
  ];
  const opened = Array.from({ length: 300 }, (_, n) => ({ ts: TIME, n }));
  const simulation = rig.json<{ code: string }>('POST', '/v1/rules/simulate', {
    rule: { id: 'x', from: 'work', pattern },
    events: [...opened, { ts: TIME, list: NUMBERS }],
  });
  expect((await rig.ask('GET', '/health/live')).status).toBe(200);
  const { status, body } = await simulation;
  expect([status, body.code]).toEqual([422, 'simulation-stopped']);
}, 20_000);
