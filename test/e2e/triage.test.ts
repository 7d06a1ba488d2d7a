import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AlertView, type Page, Rig, until } from './support.js';

interface Handled extends AlertView {
  readonly state: string;
  readonly handled?: { readonly by: string; readonly at: number; readonly note: string | null };
  readonly snoozed?: true;
}

interface Snooze {
  readonly id: number;
  readonly rule: string;
  readonly key: unknown;
  readonly until: number;
}

describe('what people do about alerts', () => {
  let rig: Rig;
  let server: Server;
  const delivered: string[] = [];
  let sent = 0;

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        delivered.push((JSON.parse(body) as AlertView).title);
        response.writeHead(204).end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    rig = await Rig.start({ TRIPLINE_WEBHOOK_PRIVATE: 'on', TRIPLINE_CHECKPOINT_INTERVAL: '200ms', TRIPLINE_STORM_LIMIT: '50' });
    await rig.put('/v1/streams/payments', { time: { field: 'ts', format: 'epochMillis' }, idleAfter: '50ms' });
    await rig.put('/v1/sinks/hook', { webhook: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` } });
    await rig.put('/v1/sinks/unused', { webhook: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` } });
    const rule = {
      from: 'payments',
      key: 'card',
      pattern: [{ begin: 'a', where: 'amount > 100' }],
      alert: { title: '${key}: ${a.amount}' },
    };
    await rig.put('/v1/rules/big', { ...rule, alert: { ...rule.alert, to: ['hook'] } });
  }, 60_000);

  afterAll(async () => {
    await rig?.stop();
    server.closeAllConnections();
    server.close();
  });

  /** An alert of this card; its title. */
  async function fire(card: unknown): Promise<string> {
    const amount = 101 + sent++;
    await rig.send('payments', [{ ts: 1_767_225_600_000 + amount, card, amount }]);
    const title = `${card}: ${amount}`;
    await until(list, (items) => items.some((alert) => alert.title === title));
    return title;
  }

  const list = async (query = '') => (await rig.ask<Page<Handled>>('GET', `/v1/alerts?${query}`)).body.items;
  const titled = async (title: string) => (await list()).find((alert) => alert.title === title)!;
  const delivery = (title: string) =>
    until(
      async () => delivered,
      (titles) => titles.includes(title),
    );

  it('alerts are open, acknowledged, resolved, and open again', async () => {
    const titles = [await fire('c1'), await fire('c2')];
    const { id } = await titled(titles[0]);
    const say = (body: object, alert = id) => rig.json<Handled>('POST', `/v1/alerts/${alert}/state`, body);
    expect((await titled(titles[0])).state).toBe('open');
    expect((await say({ state: 'acknowledged', note: 'called "them"\n' })).body).toEqual({ id, state: 'acknowledged' });
    expect(await titled(titles[0])).toMatchObject({ state: 'acknowledged', handled: { by: 'anyone', note: 'called "them"\n' } });
    await say({ state: 'resolved' });
    expect((await rig.ask<Handled>('GET', `/v1/alerts/${id}`)).body).toMatchObject({ state: 'resolved', handled: { note: null } });
    expect((await list('state=resolved')).map(({ title }) => title)).toEqual([titles[0]]);
    expect((await list('state=open')).map(({ title }) => title)).toEqual([titles[1]]);
    await say({ state: 'open' });
    expect(await list('state=resolved')).toEqual([]);
    const { items } = (await rig.ask<{ items: { action: string }[] }>('GET', `/v1/audit?kind=alert&name=${id}`)).body;
    expect(items.map(({ action }) => action)).toEqual(['alert-reopened', 'alert-resolved', 'alert-acknowledged']);
    expect((await say({ state: 'gone' })).status).toBe(422);
    expect((await say({ state: 'open' }, 'none')).status).toBe(404);
  });

  it('a snoozed key goes to no sink, and to the list; also after a restart, until it is over', async () => {
    const snooze = (body: object) => rig.json<Snooze>('POST', '/v1/snoozes', body);
    const { status, body: made } = await snooze({ rule: 'big', key: 'c1', for: '1h' });
    expect([status, made]).toEqual([201, expect.objectContaining({ rule: 'big', key: 'c1', by: 'anyone' })]);
    const quiet = await fire('c1');
    await delivery(await fire('c2'));
    await rig.service.stop();
    await rig.service.start();
    const stillQuiet = await fire('c1');
    await delivery(await fire('c2'));
    expect((await titled(quiet)).snoozed).toBe(true);
    expect((await rig.ask<Page<Snooze>>('GET', '/v1/snoozes?rule=big')).body.items).toEqual([made]);
    expect((await rig.json('DELETE', `/v1/snoozes/${made.id}`)).status).toBe(204);
    expect((await rig.json('DELETE', `/v1/snoozes/${made.id}`)).status).toBe(404);
    await delivery(await fire('c1'));
    expect(delivered).not.toEqual(expect.arrayContaining([quiet]));
    expect(delivered).not.toEqual(expect.arrayContaining([stillQuiet]));
    expect((await titled(quiet)).snoozed).toBe(true);
  });

  it('a rule is snoozed as a whole, a key that is a number by its number', async () => {
    const { body: number } = await rig.json<Snooze>('POST', '/v1/snoozes', { rule: 'big', key: 7, for: '1h' });
    const quiet = await fire(7);
    const { body: whole } = await rig.json<Snooze>('POST', '/v1/snoozes', { rule: 'big', until: Date.now() + 3_600_000 });
    const alsoQuiet = await fire('c9');
    for (const { id } of [number, whole]) await rig.json('DELETE', `/v1/snoozes/${id}`);
    await delivery(await fire('c9'));
    expect(delivered.filter((title) => title === quiet || title === alsoQuiet)).toEqual([]);
  });

  it.each([
    [{ rule: 'none', for: '1h' }],
    [{ rule: 'big' }],
    [{ rule: 'big', for: '1h', until: 4_000_000_000_000 }],
    [{ rule: 'big', for: 'long' }],
    [{ rule: 'big', for: '0s' }],
    [{ rule: 'big', until: 1 }],
    [{ for: '1h' }],
    [{ rule: 'big', for: '1h', forr: 1 }],
  ])('%j is no snooze', async (body) => {
    const refused = await rig.json<{ code: string }>('POST', '/v1/snoozes', body);
    expect([refused.status, refused.body.code]).toEqual([422, 'invalid-request']);
  });

  it('a sink that rules name stays', async () => {
    const refused = await rig.json('DELETE', '/v1/sinks/hook');
    expect([refused.status, refused.body]).toEqual([409, expect.objectContaining({ code: 'sink-in-use', rules: ['big'] })]);
    expect((await rig.json('DELETE', '/v1/sinks/unused')).status).toBe(204);
  });

  it('a rule that storms is snoozed by the service', async () => {
    await rig.put('/v1/rules/stormy', {
      from: 'payments',
      pattern: [{ begin: 'a', where: 'has(storm)' }],
      alert: { title: 'stormy', to: [] },
    });
    await rig.send(
      'payments',
      Array.from({ length: 60 }, (_, index) => ({ ts: 1_767_225_700_000 + index, storm: true })),
    );
    const snoozes = await until(
      async () => (await rig.ask<Page<Snooze & { by: string; note: string }>>('GET', '/v1/snoozes?rule=stormy')).body.items,
      (items) => items.length > 0,
    );
    expect(snoozes).toEqual([expect.objectContaining({ key: null, by: 'tripline', note: 'more than 50 alerts a minute' })]);
    expect((await rig.ask<Page<Snooze>>('GET', '/v1/snoozes?rule=big')).body.items).toEqual([]);
  });
});
