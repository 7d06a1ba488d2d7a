import { type AlertView, type Problem, Rig, until } from './support.js';

const TIME = 1_700_000_000_000;
const SECOND = 1_000;
const EVENTS = 30_000;

interface Outcome {
  readonly read: number;
  readonly total: number;
  readonly alerts: number;
  readonly deadLetters: number;
  readonly truncated: boolean;
  readonly items: readonly (AlertView & { readonly detectedAt?: number })[];
}

const RULE = {
  from: ['a', 'b'],
  key: 'k',
  pattern: [
    { begin: 'one', where: 'v == 1' },
    { notFollowedBy: 'none', where: 'v == 3' },
    { followedBy: 'two', where: 'v == 2' },
  ],
  within: '20s',
  suppress: { for: '10m' },
};

let rig: Rig;

beforeAll(async () => {
  rig = await Rig.start();
  for (const [name, partitions] of [
    ['a', 3],
    ['b', 1],
  ] as const)
    await rig.put(`/v1/streams/${name}`, {
      name,
      source: { http: { partitions } },
      id: 'id',
      time: { field: 'ts', format: 'epochMillis' },
      outOfOrderness: '2s',
      idleAfter: 'never',
      quietAfter: 'never',
    });
  await rig.put('/v1/rules/live', { id: 'live', ...RULE });
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const event = (n: number) => ({ id: `e${n}`, k: `k${random(500)}`, v: random(5), ts: TIME + n * 10 - random(1_500) });
  for (let from = 0; from < EVENTS; from += 5_000) {
    const part = Array.from({ length: 5_000 }, (_, n) => event(from + n));
    await rig.send('a', part.slice(0, 4_000));
    await rig.send('b', part.slice(4_000));
  }
  await rig.send('a', [{ id: 'late', k: 'k1', v: 1, ts: TIME - 600 * SECOND }]);
}, 90_000);

afterAll(() => rig.stop());

const backtest = (rule: string, body: object = {}) => rig.json<Outcome>('POST', `/v1/rules/${rule}/backtest`, body);

/** What the service itself gave, once all is worked off. */
async function live(): Promise<string[]> {
  const end = { time: TIME + EVENTS * 10 + 600 * SECOND };
  await Promise.all(['a', 'b'].map((name) => rig.json('POST', `/v1/streams/${name}/watermark`, end)));
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { items, nextCursor }: { items: AlertView[]; nextCursor: string | null } = (
      await rig.ask<{ items: AlertView[]; nextCursor: string | null }>(
        'GET',
        `/v1/alerts?rule=live&limit=1000${cursor && `&cursor=${cursor}`}`,
      )
    ).body;
    ids.push(...items.map(({ id }) => id));
    cursor = nextCursor;
  }
  return ids.sort();
}

it('gives the alerts that the service gave, with the same ids, and publishes nothing', async () => {
  const expected = await live();
  expect(expected.length).toBeGreaterThan(100);
  const { status, body } = await backtest('live');
  expect(status).toBe(200);
  expect(body).toMatchObject({ read: EVENTS + 1, total: EVENTS + 1, alerts: expected.length, deadLetters: 1, truncated: false });
  expect(body.items.map(({ id }) => id).sort()).toEqual(expected);
  expect(body.items.every(({ detectedAt }) => detectedAt === undefined)).toBe(true);
  expect(await live()).toEqual(expected);
}, 60_000);

it('looks at events of the wanted times alone, also of a rule that does not run', async () => {
  await rig.put('/v1/lists/keys', { entries: ['k7'] });
  const pattern = [{ begin: 'one', where: 'k in list("keys")' }];
  await rig.put('/v1/rules/draft', { id: 'draft', from: 'b', pattern, status: 'draft' });
  const all = (await backtest('draft')).body.items.map(({ startTime }) => startTime);
  const [since, before] = [TIME + 100 * SECOND, TIME + 200 * SECOND];
  const some = (await backtest('draft', { since, until: new Date(before).toISOString() })).body.items.map(({ startTime }) => startTime);
  expect(some.length).toBeGreaterThan(0);
  expect(some).toEqual(all.filter((time) => time >= since && time < before));
  expect(await rig.alerts('rule=draft')).toEqual([]);
}, 60_000);

it('tells how far it is as server-sent events, and ends when the client leaves', async () => {
  // A condition that costs makes it long enough to be cut off.
  const where = `[${Array.from({ length: 60 }, (_, n) => n)}].all(a, [${Array.from({ length: 60 }, (_, n) => n)}].all(b, a + b + v >= 0.0))`;
  await rig.put('/v1/rules/dear', { id: 'dear', from: ['a', 'b'], key: 'k', pattern: [{ begin: 'one', where }], status: 'draft' });
  const leave = new AbortController();
  const open = (signal?: AbortSignal) =>
    fetch(rig.service.url('/v1/rules/dear/backtest'), {
      method: 'POST',
      headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
      body: '{}',
      signal,
    });
  const response = await open(leave.signal);
  expect(response.headers.get('content-type')).toMatch('text/event-stream');
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  while (!text.includes('event: progress')) text += Buffer.from((await reader.read()).value ?? []).toString();
  const busy = await rig.json<Problem>('POST', '/v1/rules/live/backtest', {});
  expect([busy.status, busy.body.code]).toEqual([429, 'backtest-busy']);
  leave.abort();
  await until(
    async () => (await backtest('draft', { until: TIME })).status,
    (status) => status === 200,
  );
  const streamed = await (await open()).text();
  expect(streamed.match(/^event: alert$/gm)).toHaveLength(EVENTS);
  expect(streamed).toMatch(/event: done\ndata: \{.*"alerts":30000.*\}\n\n$/);
}, 120_000);

it.each([
  ['none', {}, 404, 'rule-not-found'],
  ['live', { since: 'yesterday' }, 422, 'invalid-request'],
  ['live', { sinse: 1 }, 422, 'invalid-request'],
])('%s %j is refused', async (rule, body, status, code) => {
  const reply = await rig.json<Problem>('POST', `/v1/rules/${rule}/backtest`, body);
  expect([reply.status, reply.body.code]).toEqual([status, code]);
});
