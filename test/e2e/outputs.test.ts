import { type AlertView, type Page, type Problem, Rig, until } from './support.js';

const TIME = 1_700_000_000_000;
const ALERTS = 25;

let rig: Rig;

beforeAll(async () => {
  rig = await Rig.start({ TRIPLINE_CHECKPOINT_INTERVAL: '200ms' });
  await rig.put('/v1/streams/s', { name: 's', time: { field: 'ts', format: 'epochMillis' }, quietAfter: 'never' });
  await rig.put('/v1/rules/all', { id: 'all', from: 's', key: 'card', severity: 'high', pattern: [{ begin: 'one', where: 'n >= 0' }] });
  await rig.put('/v1/rules/some', { id: 'some', from: 's', key: 'card', severity: 'low', pattern: [{ begin: 'one', where: 'n == 7' }] });
}, 60_000);

afterAll(() => rig.stop());

function lines(from: number, count: number) {
  return Array.from({ length: count }, (_, index) => ({ card: `c${(from + index) % 5}`, n: from + index, ts: TIME + from + index }));
}

/** Reads server-sent events until that many have come, then hangs up. */
async function listen(count: number, lastId?: string, query = ''): Promise<{ id: string; alert: AlertView }[]> {
  const gone = new AbortController();
  const limit = setTimeout(() => gone.abort(), 15_000);
  const response = await fetch(rig.service.url(`/v1/alerts/stream?${query}`), {
    headers: lastId === undefined ? {} : { 'last-event-id': lastId },
    signal: gone.signal,
  });
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const found: { id: string; alert: AlertView }[] = [];
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const fields = /^id: (\d+)\nevent: alert\ndata: (.*)$/s.exec(part);
      if (fields !== null) found.push({ id: fields[1] as string, alert: JSON.parse(fields[2] as string) as AlertView });
    }
    if (found.length >= count) break;
  }
  clearTimeout(limit);
  gone.abort();
  return found;
}

it('server-sent events come in order and go on after Last-Event-ID', async () => {
  const live = listen(ALERTS + 1, '0');
  await rig.send('s', lines(0, ALERTS));
  const all = await live;
  expect(all.filter(({ alert }) => alert.rule === 'all').map(({ alert }) => alert.startTime - TIME)).toEqual(
    lines(0, ALERTS).map(({ n }) => n),
  );
  const rest = await listen(6, all[ALERTS - 6]?.id);
  expect(rest).toEqual(all.slice(-6));
  const filtered = await listen(1, '0', 'rule=some');
  expect(filtered.map(({ alert }) => alert.rule)).toEqual(['some']);
  const last = listen(1, all.at(-1)?.id);
  await rig.send('s', lines(ALERTS, 1));
  expect((await last)[0]?.alert.startTime).toBe(TIME + ALERTS);
  const beyond = await fetch(rig.service.url('/v1/alerts/stream'), { headers: { 'last-event-id': '999999999' } });
  const reader = beyond.body!.getReader();
  const [, end] = /id: (\d+)/.exec(Buffer.from((await reader.read()).value ?? []).toString()) ?? [];
  await reader.cancel();
  expect(Number(end)).toBeLessThan(1000);
  expect((await rig.ask<Problem>('GET', '/v1/alerts/stream', undefined, { 'last-event-id': 'x' })).status).toBe(400);
});

it('a key of digits in a query is the number, and the text as well', async () => {
  await rig.put('/v1/streams/cards', { name: 'cards', time: { field: 'ts', format: 'epochMillis' } });
  await rig.put('/v1/rules/cards', { id: 'cards', from: 'cards', key: 'card', pattern: [{ begin: 'one' }] });
  await rig.send('cards', [
    { card: '4711', ts: TIME },
    { card: 4711, ts: TIME + 1 },
  ]);
  await rig.alertsOf('cards', 2);
  expect(await rig.alerts('rule=cards&key=4711')).toHaveLength(2);
  expect((await rig.alerts('rule=cards&key=%224711%22')).map(({ key }) => key)).toEqual(['4711']);
});

it('the reply to events knows of an asserted watermark', async () => {
  await rig.put('/v1/streams/told', { name: 'told', time: { field: 'ts', format: 'epochMillis' }, quietAfter: 'never' });
  await rig.json('POST', '/v1/streams/told/watermark', { time: TIME + 1_000 });
  const { body } = await rig.send('told', [{ ts: TIME + 500 }, { ts: TIME + 2_000 }]);
  expect(body).toMatchObject({ accepted: 2, behindWatermark: 1, watermark: TIME + 1_999 });
});

it('lists filter and page without holes', async () => {
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const path: string = `/v1/alerts?rule=all&limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const { body }: { body: Page<AlertView> } = await rig.json<Page<AlertView>>('GET', path);
    seen.push(...body.items.map(({ id }) => id));
    cursor = body.nextCursor;
  }
  expect(new Set(seen).size).toBe(ALERTS + 1);
  expect(await rig.alerts('severity=low')).toHaveLength(1);
  expect(await rig.alerts('rule=all&key=c3')).toHaveLength(5);
  expect(await rig.alerts('key=%22c3%22&rule=all')).toHaveLength(5);
  expect(await rig.alerts('until=2020-01-01T00:00:00Z')).toEqual([]);
  expect((await rig.alerts(`rule=some&since=${Date.now() - 3_600_000}`)).length).toBe(1);
  for (const query of ['rul=all', 'limit=0', 'limit=x', 'cursor=-1', 'since=yesterday', 'severity=huge', 'cursor=99999999999999999999']) {
    expect([query, (await rig.ask('GET', `/v1/alerts?${query}`)).status]).toEqual([query, 400]);
  }
});

it('an alert says why it fired', async () => {
  const [{ id }] = (await rig.alerts('rule=some')) as [AlertView];
  const { body } = await rig.json<AlertView & { explanation: unknown[] }>('GET', `/v1/alerts/${id}`);
  expect(body).toMatchObject({ id, rule: 'some', steps: { one: [{ card: 'c2', n: 7 }] } });
  expect(body.explanation).toEqual([expect.objectContaining({ step: 'one', time: TIME + 7 })]);
  expect((await rig.ask<Problem>('GET', '/v1/alerts/00000000000000000000000000000000')).body.code).toBe('alert-not-found');
  expect((await rig.ask<Problem>('GET', '/v1/alerts/%00')).status).toBe(404);
});

it('an Idempotency-Key makes a retry harmless, also after a crash', async () => {
  const key = { 'idempotency-key': 'batch-1' };
  const first = await rig.send('s', [...lines(100, 3), 'broken'], key);
  expect(first.body).toMatchObject({ accepted: 3, rejected: [{ line: 4, code: 'invalid-json' }] });
  await rig.service.kill();
  await rig.service.start();
  const again = await rig.send('s', [...lines(100, 3), 'broken'], key);
  expect(again.body).toEqual(first.body);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  const other = await rig.send('s', lines(100, 2), key);
  expect([other.status, (other.body as unknown as Problem).code]).toEqual([422, 'idempotency-key-reused']);
  const longer = await rig.send('s', [...lines(100, 3), 'broken', ...lines(200, 1)], key);
  expect([longer.status, (longer.body as unknown as Problem).code]).toEqual([422, 'idempotency-key-reused']);
  const alerts = await rig.alertsOf('all', ALERTS + 4);
  expect(alerts.filter(({ startTime }) => startTime >= TIME + 100)).toHaveLength(3);
  expect(await rig.deadLetters('code=invalid-json')).toHaveLength(1);
}, 30_000);

it('a dead letter is retried once its stream takes it', async () => {
  const zoned = { name: 'zoned', time: { field: 'ts', format: 'epochMillis' }, quietAfter: 'never' };
  await rig.put('/v1/streams/zoned', zoned);
  await rig.put('/v1/rules/zoned', { id: 'zoned', from: 'zoned', key: 'card', pattern: [{ begin: 'one' }] });
  await rig.send('zoned', ['{"card":\n\n'.trim(), '{"card":"z","ts":"2026-01-01T10:00:00Z"}']);
  const [letter] = await until(
    () => rig.deadLetters('stream=zoned&code=invalid-time'),
    (items) => items.length > 0,
  );
  await rig.put('/v1/streams/zoned', { ...zoned, time: { field: 'ts', format: 'iso8601' } });
  const retry = () => rig.json<{ accepted: number }>('POST', `/v1/dead-letters/${letter?.id}/retry`);
  expect((await retry()).body.accepted).toBe(1);
  expect((await retry()).body.accepted).toBe(1);
  expect(await rig.alertsOf('zoned', 1)).toHaveLength(1);
  await rig.send('zoned', ['{"card":"z2","ts":"2026-01-01T11:00:00Z"}']);
  expect((await rig.alertsOf('zoned', 2)).map(({ key }) => key)).toEqual(['z', 'z2']);
  expect((await rig.json('POST', '/v1/dead-letters/999999/retry')).status).toBe(404);
});

it('SIGTERM ends with 0 within ten seconds, and everything is kept', async () => {
  const listening = listen(1_000);
  const before = await rig.alerts('rule=all');
  const start = Date.now();
  expect(await rig.service.stop()).toBe(0);
  expect(Date.now() - start).toBeLessThan(10_000);
  await listening.catch(() => undefined);
  await rig.service.start();
  expect(await rig.alerts('rule=all')).toEqual(before);
  expect((await rig.json('GET', '/v1/rules/all/stats')).body).toMatchObject({ alerts: before.length });
}, 30_000);
