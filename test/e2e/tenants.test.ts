import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { Service } from '../support/service.js';
import { type AlertView, type Page, until } from './support.js';

const OPERATOR = 'operator-key-1';
const TENANTS = ['acme', 'globex'] as const;

/** Everything a caller can see of one tenant bears its mark, and nobody else's may. */
const markOf = (who: string) => `mark-of-${who}`;

describe('tenants', () => {
  let postgres: TestPostgres;
  let service: Service;
  let hook: Server;
  const keys: Record<string, string> = { operator: OPERATOR };
  /** Path of the hook to the bodies it got. */
  const delivered = new Map<string, string[]>();

  beforeAll(async () => {
    postgres = await startTestPostgres();
    hook = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        delivered.set(request.url!, [...(delivered.get(request.url!) ?? []), body]);
        response.writeHead(204).end();
      });
    }).listen(0, '127.0.0.1');
    await once(hook, 'listening');
    const url = await postgres.createDatabase();
    service = await Service.create({
      DATABASE_URL: url,
      TRIPLINE_TENANTS: TENANTS.join(),
      TRIPLINE_API_KEYS: `operator:admin:${OPERATOR}`,
      TRIPLINE_WEBHOOK_PRIVATE: 'on',
      TRIPLINE_CHECKPOINT_INTERVAL: '200ms',
      KAFKA_BROKERS: '127.0.0.1:1',
    });
    for (const tenant of TENANTS) {
      const args = ['bin/tripline', 'keys', 'create', '--tenant', tenant, '--name', `${markOf(tenant)}-admin`, '--role', 'admin'];
      keys[tenant] = (
        await promisify(execFile)(process.execPath, args, { env: { PATH: process.env.PATH, DATABASE_URL: url } })
      ).stdout.trim();
    }
    await service.start();
  }, 90_000);

  afterAll(async () => {
    await service.kill();
    hook.closeAllConnections();
    hook.close();
    await postgres.stop();
  });

  async function call<T>(who: string, method: string, path: string, body?: unknown) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${keys[who]}` };
    const reply = await fetch(service.url(path), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await reply.text();
    return { status: reply.status, text, body: (reply.headers.get('content-type')?.includes('json') ? JSON.parse(text) : undefined) as T };
  }

  const alertsOf = (who: string, count: number) =>
    until(
      async () => (await call<Page<AlertView>>(who, 'GET', '/v1/alerts')).body.items,
      (items) => items.length >= count,
    );

  it('have the same names for different things', async () => {
    for (const who of Object.keys(keys)) {
      const mark = markOf(who);
      const sent: [string, string, object, number][] = [
        [
          'PUT',
          '/v1/streams/payments',
          {
            time: { field: 'ts', format: 'epochMillis' },
            fields: { card: 'string', amount: 'double', [mark.replaceAll('-', '_')]: 'string' },
          },
          201,
        ],
        [
          'POST',
          '/v1/rules',
          { id: 'big', title: mark, from: 'payments', key: 'card', pattern: [{ begin: 'a', where: 'amount > 1' }] },
          201,
        ],
        ['PUT', '/v1/sinks/hook', { webhook: { url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/${mark}` } }, 201],
        ['POST', '/v1/streams/payments/events', [{ ts: 1_767_225_600_000, card: mark, amount: 5 }], 200],
        ['POST', '/v1/streams/payments/events', [{ ts: mark }], 200],
        ['POST', '/v1/snoozes', { rule: 'big', key: 'nobody', for: '1h', note: mark }, 201],
      ];
      for (const [method, path, body, status] of sent) {
        const reply = await call(who, method, path, body);
        expect([who, path, reply.status, reply.text]).toEqual([who, path, status, expect.anything()]);
      }
    }
    const ids = await Promise.all(Object.keys(keys).map(async (who) => (await alertsOf(who, 1)).map(({ key }) => key)));
    expect(ids).toEqual(Object.keys(keys).map((who) => [markOf(who)]));
  });

  it.each(['operator', ...TENANTS])('%s sees of no other, by any call of the API', async (who) => {
    const { paths } = (await call<{ paths: Record<string, Record<string, object>> }>(who, 'GET', '/docs/json')).body;
    const [alert] = await alertsOf(who, 1);
    const names: Record<string, string> = { '{name}': 'payments', '{key}': markOf(who), '{id}': 'big' };
    const calls = Object.entries(paths).flatMap(([path, methods]) => ('get' in methods && path !== '/v1/alerts/stream' ? [path] : []));
    expect(calls.length).toBeGreaterThan(20);
    let seen = '';
    for (const path of [...calls, `/v1/alerts/${alert.id}`, '/v1/sinks/hook']) {
      const reply = await call(
        who,
        'GET',
        path.replaceAll(/\{\w+\}/g, (name) => names[name] ?? '0'),
      );
      expect([path, reply.status < 500]).toEqual([path, true]);
      seen += reply.text;
    }
    expect(seen).toContain(markOf(who));
    for (const other of Object.keys(keys)) if (other !== who) expect(seen).not.toMatch(new RegExp(markOf(other).replaceAll('-', '.')));
  });

  it("get no alert of another's by id, by stream or by sink", async () => {
    const [alert] = await alertsOf('acme', 1);
    expect((await call('globex', 'GET', `/v1/alerts/${alert.id}`)).status).not.toBe(200);
    const ended = new AbortController();
    const stream = await fetch(service.url('/v1/alerts/stream'), {
      headers: { authorization: `Bearer ${keys.globex}`, 'last-event-id': '0' },
      signal: ended.signal,
    });
    let text = '';
    for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      if (text.includes(markOf('globex'))) break;
    }
    ended.abort();
    expect(text).not.toContain(markOf('acme'));
    await until(
      async () => delivered,
      (found) => Object.keys(keys).every((who) => found.has(`/${markOf(who)}`)),
    );
    for (const [path, bodies] of delivered) expect([path, bodies.every((body) => body.includes(path.slice(1)))]).toEqual([path, true]);
  });

  it('have keys of their own, and change nothing of each other', async () => {
    const made = (await call<{ key: string }>('acme', 'POST', '/v1/keys', { name: 'viewer', role: 'viewer' })).body;
    keys.guest = made.key;
    expect((await call<{ title: string }>('guest', 'GET', '/v1/rules/big')).text).toContain(markOf('acme'));
    expect((await call('guest', 'DELETE', '/v1/rules/big')).status).toBe(403);
    delete keys.guest;
    expect((await call('acme', 'DELETE', '/v1/rules/big')).status).toBe(204);
    expect((await call('globex', 'GET', '/v1/rules/big')).status).toBe(200);
    expect((await call('operator', 'GET', '/v1/rules/big')).status).toBe(200);
    const stranger = await fetch(service.url('/v1/rules'), { headers: { 'x-api-key': `tripline_000000000000_${'a'.repeat(43)}` } });
    expect(stranger.status).toBe(401);
  });

  it.each([
    ['/v1/streams/topic', { source: { kafka: { topic: 'globex.orders' } } }],
    ['/v1/sinks/topic', { kafka: { topic: 'globex.alerts' } }],
  ])('use only topics of their own: %s', async (path, document) => {
    const refused = await call<{ errors: { code: string }[] }>('acme', 'PUT', path, document);
    expect([refused.status, refused.body.errors.map(({ code }) => code)]).toEqual([422, ['foreign-topic']]);
  });

  it('are all there after kill -9', async () => {
    await service.kill();
    await service.start();
    for (const who of ['operator', 'globex']) {
      const alerts = await alertsOf(who, 1);
      expect([who, alerts.map(({ key }) => key)]).toEqual([who, [markOf(who)]]);
      await call(who, 'POST', '/v1/streams/payments/events', [{ ts: 1_767_225_700_000, card: markOf(who), amount: 5 }]);
      expect((await alertsOf(who, 2)).length).toBe(2);
    }
    expect(await service.stop()).toBe(0);
  });
});
