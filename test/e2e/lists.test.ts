import { type Problem, Rig } from './support.js';

const TIME = 1_700_000_000_000;

interface Head {
  readonly version: number;
  readonly size: number;
}

let rig: Rig;
let clock = 0;

beforeAll(async () => {
  rig = await Rig.start({ TRIPLINE_CHECKPOINT_INTERVAL: '200ms', TRIPLINE_MAX_LIST_ENTRIES: '1000' });
  await rig.put('/v1/streams/s', { name: 's', time: { field: 'ts', format: 'epochMillis' }, quietAfter: 'never' });
}, 60_000);

afterAll(() => rig.stop());

/** Sends events of these cards, and waits for all alerts that the rule is to have given since its beginning. */
async function sendAndExpect(rule: string, cards: readonly string[], expected: readonly string[]): Promise<void> {
  await rig.send(
    's',
    cards.map((card) => ({ card, ts: TIME + ++clock })),
  );
  expect((await rig.alertsOf(rule, expected.length)).map(({ key }) => key)).toEqual(expected);
}

it('a rule asks the list as it is when the answer to its change has come', async () => {
  expect((await rig.json<Head>('PUT', '/v1/lists/blocked', { entries: ['c1', 'last'] })).body).toMatchObject({ version: 1, size: 2 });
  await rig.put('/v1/rules/blocked', {
    id: 'blocked',
    from: 's',
    key: 'card',
    pattern: [{ begin: 'x', where: 'card in list("blocked")' }],
  });
  await sendAndExpect('blocked', ['c1', 'c2', 'last'], ['c1', 'last']);
  expect((await rig.json<Head>('POST', '/v1/lists/blocked/entries', { entries: ['c2'] })).body).toMatchObject({ version: 2, size: 3 });
  await sendAndExpect('blocked', ['c2', 'c3', 'last'], ['c1', 'last', 'c2', 'last']);
  expect((await rig.json<Head>('DELETE', '/v1/lists/blocked/entries/c2')).body).toMatchObject({ version: 3, size: 2 });
  await sendAndExpect('blocked', ['c2', 'last'], ['c1', 'last', 'c2', 'last', 'last']);
});

it('a lookup table gives values to conditions and alerts, and simulate knows it', async () => {
  const entries =
    '{"entries": [{"key": "g", "value": {"segment": "gold", "n": 9007199254740993}}, {"key": "s", "value": {"segment": "silver"}}]}';
  expect((await rig.ask('PUT', '/v1/lists/customers', entries, { 'content-type': 'application/json' })).status).toBe(201);
  const rule = {
    id: 'gold',
    from: 's',
    key: 'card',
    pattern: [{ begin: 'x', where: 'lookup("customers", card).segment == "gold"' }],
    alert: { title: '${lookup("customers", key).n}' },
  };
  await rig.put('/v1/rules/gold', rule);
  await rig.send(
    's',
    ['s', 'g', 'none'].map((card) => ({ card, ts: TIME + ++clock })),
  );
  expect(await rig.alertsOf('gold', 1)).toMatchObject([{ key: 'g', title: '9007199254740993' }]);
  const { body } = await rig.json<{ alerts: { title: string }[] }>('POST', '/v1/rules/simulate', { rule, events: [{ card: 'g', ts: 1 }] });
  expect(body.alerts.map(({ title }) => title)).toEqual(['9007199254740993']);
  expect((await rig.ask('GET', '/v1/lists/customers/entries/g')).text).toBe('{"key":"g","value":{"segment":"gold","n":9007199254740993}}');
});

it('what was asked before is asked again after kill -9, whatever the list is by then', async () => {
  await rig.put('/v1/lists/ever', { entries: ['e1'] });
  await rig.put('/v1/rules/ever', { id: 'ever', from: 's', key: 'card', pattern: [{ begin: 'x', where: 'card in list("ever")' }] });
  const expected: string[] = [];
  for (let round = 1; round <= 10; round++) {
    await rig.put('/v1/lists/ever', { entries: [`e${round}`] });
    await sendAndExpect('ever', [`e${round - 1}`, `e${round}`], [...expected, `e${round}`]);
    expected.push(`e${round}`);
    if (round % 4 === 0) {
      await rig.service.kill();
      await rig.service.start();
    }
  }
  await rig.service.kill();
  await rig.service.start();
  await sendAndExpect('ever', ['e9', 'e10'], [...expected, 'e10']);
  expect((await rig.ask('GET', '/metrics')).text).toMatch(/^tripline_ghost_alerts\S* 0$/m);
}, 90_000);

it('pages, shows and deletes', async () => {
  await rig.put('/v1/lists/pages', { entries: ['b', 'a', 3, true, 'c'] });
  const page = async (cursor: string) =>
    (await rig.ask<{ items: { key: unknown }[]; nextCursor: string | null }>('GET', `/v1/lists/pages/entries?limit=2${cursor}`)).body;
  const keys: unknown[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { items, nextCursor } = await page(cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`);
    keys.push(...items.map(({ key }) => key));
    cursor = nextCursor;
  }
  expect(keys).toEqual(['a', 'b', 'c', 3, true]);
  expect((await rig.ask('DELETE', '/v1/lists/pages')).status).toBe(204);
  expect((await rig.ask('GET', '/v1/lists/pages')).status).toBe(404);
  const used = await rig.ask<Problem & { rules: string[] }>('DELETE', '/v1/lists/blocked');
  expect([used.status, used.body.code, used.body.rules]).toEqual([409, 'list-in-use', ['blocked']]);
});

it.each([
  ['PUT', '/v1/lists/x', { entries: [{ key: 'a', valeu: 1 }] }, 422, 'invalid-list'],
  ['PUT', '/v1/lists/x', { entries: [null, 'a', 'a', { value: 1 }] }, 422, 'invalid-list'],
  ['PUT', '/v1/lists/x', { entrys: [] }, 422, 'invalid-list'],
  ['PUT', '/v1/lists/x', [], 400, 'body-not-object'],
  ['PUT', '/v1/lists/-', { entries: [] }, 422, 'invalid-name'],
  ['PUT', '/v1/lists/x', { entries: Array.from({ length: 1_001 }, (_, n) => n) }, 422, 'list-too-long'],
  ['POST', '/v1/lists/none/entries', { entries: [] }, 404, 'list-not-found'],
  ['GET', '/v1/lists/none/entries', undefined, 404, 'list-not-found'],
  ['DELETE', '/v1/lists/none', undefined, 404, 'list-not-found'],
  ['DELETE', '/v1/lists/blocked/entries/none', undefined, 404, 'list-entry-not-found'],
  ['POST', '/v1/rules', { id: 'r', from: 's', pattern: [{ begin: 'x', where: 'a in list("blokced")' }] }, 422, 'invalid-rule'],
  ['PUT', '/v1/streams/t', { id: 'lookup("blocked", a)' }, 422, 'invalid-stream'],
])('%s %s %j is refused', async (method, path, body, status, code) => {
  const reply = await rig.json<Problem>(method, path, body);
  expect([reply.status, reply.body.code]).toEqual([status, code]);
});
