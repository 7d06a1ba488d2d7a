import { Rig } from './support.js';

const TIME = 1_700_000_000_000;
const PATTERN = [
  { begin: 'a', where: 'kind == "a"' },
  { followedBy: 'b', where: 'kind == "b"' },
];

let rig: Rig;
let clock = 0;

beforeAll(async () => {
  rig = await Rig.start({ TRIPLINE_CHECKPOINT_INTERVAL: '200ms' });
  await rig.put('/v1/streams/s', { name: 's', time: { field: 'ts', format: 'epochMillis' }, quietAfter: 'never' });
}, 60_000);

afterAll(() => rig.stop());

function rule(id: string, changes: Record<string, unknown> = {}) {
  return { id, from: 's', key: 'card', pattern: PATTERN, within: '1h', alert: { title: 'first' }, ...changes };
}

async function send(kind: string, card: string | number = 'k'): Promise<void> {
  const { body } = await rig.send('s', [{ card, kind, ts: TIME + ++clock }]);
  expect(body.accepted).toBe(1);
}

/** Everything sent so far has been worked off by every rule once this one has alerted. */
async function workedOff(): Promise<void> {
  const id = `probe-${++clock}`;
  await rig.put(`/v1/rules/${id}`, rule(id, { pattern: [{ begin: 'probe', where: 'kind == "probe"' }] }));
  await send('probe', 'probe');
  await rig.alertsOf(id, 1);
}

async function titles(id: string, query = ''): Promise<string[]> {
  await workedOff();
  return (await rig.alerts(`rule=${id}${query}`)).reverse().map(({ title, ruleVersion }) => `${title} v${ruleVersion}`);
}

it('a new title keeps the open matches, and later alerts carry it', async () => {
  await rig.put('/v1/rules/text', rule('text'));
  await send('a');
  const changed = rule('text', { alert: { title: 'second' }, severity: 'critical' });
  const preview = await rig.json('PUT', '/v1/rules/text?dryRun=true', changed);
  expect(preview.body).toMatchObject({ carried: 1, dropped: 0 });
  expect((await rig.json('GET', '/v1/rules/text')).body).toMatchObject({ version: 1 });
  await rig.put('/v1/rules/text', changed);
  await send('b');
  expect(await titles('text')).toEqual(['second v2']);
});

it('a changed condition keeps them, as dryRun said, and applies to later events', async () => {
  await rig.put('/v1/rules/condition', rule('condition'));
  await send('a');
  const changed = rule('condition', { pattern: [PATTERN[0], { followedBy: 'b', where: 'kind == "b2"' }] });
  expect((await rig.json('PUT', '/v1/rules/condition?dryRun=true', changed)).body).toMatchObject({ carried: 1, dropped: 0 });
  expect((await rig.json('PUT', '/v1/rules/condition', changed)).body).toMatchObject({ version: 2, carried: 1, dropped: 0 });
  await send('b');
  await send('b2');
  expect(await titles('condition')).toEqual(['first v2']);
});

it('a changed bound drops them, as dryRun said', async () => {
  await rig.put('/v1/rules/pattern', rule('pattern'));
  await send('a');
  const changed = rule('pattern', { within: '2h' });
  expect((await rig.json('PUT', '/v1/rules/pattern?dryRun=true', changed)).body).toMatchObject({ carried: 0, dropped: 1 });
  expect((await rig.json('PUT', '/v1/rules/pattern', changed)).body).toMatchObject({ carried: 0, dropped: 1 });
  await send('b');
  await send('a');
  await send('b');
  expect(await titles('pattern')).toEqual(['first v2']);
});

it('an unchanged document keeps its version', async () => {
  await rig.put('/v1/rules/same', rule('same'));
  expect((await rig.json('PUT', '/v1/rules/same', rule('same'))).body).toMatchObject({ version: 1 });
});

it('a shadow rule matches and publishes nothing; activating it keeps its matches', async () => {
  await rig.put('/v1/rules/shadow', rule('shadow', { status: 'shadow' }));
  await send('a');
  await send('b');
  expect(await titles('shadow')).toEqual([]);
  expect(await titles('shadow', '&shadow=true')).toEqual(['first v1']);
  await send('a');
  expect((await rig.json('POST', '/v1/rules/shadow/status', { status: 'active' })).body).toMatchObject({
    status: 'active',
    droppedMatches: 0,
  });
  await send('b');
  expect(await titles('shadow')).toEqual(['first v1']);
});

it('a paused rule sees nothing and starts again empty', async () => {
  await rig.put('/v1/rules/paused', rule('paused'));
  await send('a');
  expect((await rig.json('POST', '/v1/rules/paused/status', { status: 'paused' })).body).toMatchObject({ droppedMatches: 1 });
  await send('b');
  await rig.json('POST', '/v1/rules/paused/status', { status: 'active' });
  await send('b');
  expect(await titles('paused')).toEqual([]);
  await send('a');
  await send('b');
  expect(await titles('paused')).toEqual(['first v1']);
});

it('a rule deleted and registered again starts empty, and versions count on', async () => {
  await rig.put('/v1/rules/again', rule('again'));
  await send('a');
  expect((await rig.json('DELETE', '/v1/rules/again')).status).toBe(204);
  expect((await rig.json('DELETE', '/v1/rules/again')).status).toBe(404);
  const { status, body } = await rig.json('POST', '/v1/rules', rule('again'));
  expect([status, body]).toEqual([201, expect.objectContaining({ version: 2 })]);
  await send('b');
  await send('a');
  await send('b');
  expect(await titles('again')).toEqual(['first v2']);
});

it('open matches of a key can be looked at', async () => {
  await rig.put('/v1/rules/look', rule('look'));
  await send('a', 'seen');
  const since = TIME + clock;
  const { body } = await rig.json('GET', '/v1/rules/look/keys/seen');
  expect(body).toMatchObject({ key: 'seen', matches: [{ waitingFor: 'b', since, deadline: since + 3_600_000 }] });
  expect((await rig.json<{ matches: unknown[] }>('GET', '/v1/rules/look/keys/unseen')).body.matches).toEqual([]);
});

it('a bare number in the address is the number, or else the string, whichever has open matches', async () => {
  await rig.put('/v1/rules/bare', rule('bare'));
  const at = async (key: string) => {
    const { body } = await rig.json<{ key: unknown; matches: { since: number }[] }>(
      'GET',
      `/v1/rules/bare/keys/${encodeURIComponent(key)}`,
    );
    return { key: body.key, since: body.matches.map(({ since }) => since) };
  };
  await send('a', '4711');
  const ofString = TIME + clock;
  expect(await at('4711')).toEqual({ key: '4711', since: [ofString] });
  expect(await at('4712')).toEqual({ key: 4712, since: [] });
  await send('a', 4711);
  const ofNumber = TIME + clock;
  expect(await at('4711')).toEqual({ key: 4711, since: [ofNumber] });
  expect(await at('"4711"')).toEqual({ key: '4711', since: [ofString] });
  expect(await at('"4712"')).toEqual({ key: '4712', since: [] });
});

it('a stream in use is not deleted', async () => {
  const { status, text } = await rig.json('DELETE', '/v1/streams/s');
  expect(status).toBe(409);
  expect(text).toContain('look');
});

it('no change restarted the engine; all of it survives kill -9', async () => {
  expect(await rig.restarts()).toBe(0);
  await rig.service.kill();
  await rig.service.start();
  await send('b', 'seen');
  expect(await titles('look')).toEqual(['first v1']);
  expect(await rig.restarts()).toBe(0);
  expect((await rig.ask('GET', '/metrics')).text).toMatch(/^tripline_ghost_alerts\S* 0$/m);
}, 30_000);
