import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import pg from 'pg';
import { until } from '../e2e/support.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { Service } from '../support/service.js';

const ROLES = ['viewer', 'producer', 'author', 'admin'] as const;
type Role = (typeof ROLES)[number];

interface Key {
  readonly id: string;
  readonly key: string;
}

let postgres: TestPostgres;
let url: string;
let service: Service;
const keys = {} as Record<Role, Key>;
/** All that the service ever answered here, to be swept for secrets. */
let answers = '';

beforeAll(async () => {
  postgres = await startTestPostgres();
  url = await postgres.createDatabase();
  service = await Service.create({ DATABASE_URL: url });
  await service.start();
}, 60_000);
afterAll(async () => {
  await service.stop();
  await postgres.stop();
});

async function call(method: string, path: string, body?: unknown, key?: string) {
  const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
  const reply = await fetch(service.url(path), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await reply.text();
  if (path !== '/v1/keys' || method !== 'POST') answers += text;
  return { status: reply.status, headers: reply.headers, text, body: text === '' ? undefined : parsed(text) };
}

function parsed(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The command line on the service's database. */
async function tripline(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env.PATH, USER: 'ann', DATABASE_URL: url };
  return promisify(execFile)(process.execPath, ['bin/tripline', ...args], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, out: error.stdout, err: error.stderr }),
  );
}

const codeOf = async (key: string, path = '/v1/rules') => (await call('GET', path, undefined, key)).body?.code;

describe('API keys', () => {
  it('are not asked for on loopback until the first is made, by the command line', async () => {
    expect((await call('GET', '/v1/rules')).status).toBe(200);
    const { out, err, code } = await tripline('keys', 'create', '--name', 'first', '--role', 'admin');
    expect([code, err]).toEqual([0, expect.stringMatching(/^[0-9a-f]{12} {2}admin +first/)]);
    expect(out).toMatch(/^tripline_[0-9a-f]{12}_[\w-]{43}\n$/);
    const refused = await until(
      () => call('GET', '/v1/rules'),
      ({ status }) => status === 401,
    );
    expect([refused.body.code, refused.headers.get('www-authenticate')]).toEqual(['missing-api-key', 'Bearer']);
    keys.admin = { id: out.slice(9, 21), key: out.trim() };
    expect((await call('GET', '/v1/rules', undefined, keys.admin.key)).status).toBe(200);
  });

  it('are made over the API and shown once', async () => {
    for (const role of ['viewer', 'producer', 'author'] as const) {
      const made = await call('POST', '/v1/keys', { name: `${role}-person`, role }, keys.admin.key);
      expect(made.status).toBe(201);
      expect(made.headers.get('cache-control')).toBe('no-store');
      expect(made.body).toMatchObject({ name: `${role}-person`, role, expiresAt: null, lastUsedAt: null, revokedAt: null });
      expect(made.body.key.startsWith(`${made.body.prefix}_`)).toBe(true);
      keys[role] = made.body;
    }
    const { items } = (await call('GET', '/v1/keys', undefined, keys.admin.key)).body;
    expect(items.map(({ name }: { name: string }) => name)).toEqual(['first', 'viewer-person', 'producer-person', 'author-person']);
    expect(items.every((item: object) => !('key' in item) && !('hash' in item))).toBe(true);
  });

  it.each([
    [{}, ['missing-key', 'missing-key']],
    [{ name: '', role: 'viewer' }, ['invalid-value']],
    [{ name: 'x', role: 'boss' }, ['invalid-value']],
    [{ name: 'x', role: 'viewer', rolle: 1 }, ['unknown-key']],
    [{ name: 'x', role: 'viewer', expiresAt: 'soon' }, ['invalid-value']],
    [{ name: 'x', role: 'viewer', expiresAt: 1 }, ['invalid-value']],
    [{ name: 'x\0', role: 'viewer' }, ['invalid-value']],
  ])('%o is refused', async (body, codes) => {
    const { status, body: problem } = await call('POST', '/v1/keys', body, keys.admin.key);
    expect([status, problem.code]).toEqual([422, 'invalid-request']);
    expect(problem.errors.map(({ code }: { code: string }) => code)).toEqual(codes);
  });

  it('say when they were used', async () => {
    await call('GET', '/v1/rules', undefined, keys.viewer.key);
    const used = async () =>
      (await call('GET', '/v1/keys', undefined, keys.admin.key)).body.items.find((item: Key) => item.id === keys.viewer.id).lastUsedAt;
    expect(await until(used, (at) => at !== null)).toBeGreaterThan(Date.now() - 60_000);
  });

  it('are over when revoked or expired, and nothing is let in by a part of one', async () => {
    const soon = await call('POST', '/v1/keys', { name: 'soon', role: 'viewer', expiresAt: Date.now() + 1_000 }, keys.admin.key);
    const { id, key } = (await call('POST', '/v1/keys', { name: 'gone', role: 'viewer' }, keys.admin.key)).body as Key;
    expect(await codeOf(key)).toBeUndefined();
    expect((await call('DELETE', `/v1/keys/${id}`, undefined, keys.admin.key)).status).toBe(204);
    expect((await call('DELETE', `/v1/keys/${id}`, undefined, keys.admin.key)).status).toBe(204);
    expect((await call('DELETE', '/v1/keys/000000000000', undefined, keys.admin.key)).body.code).toBe('key-not-found');
    expect(await codeOf(key)).toBe('revoked-api-key');
    expect(await codeOf(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`)).toBe('unknown-api-key');
    expect(await codeOf(`tripline_${id}_`)).toBe('unknown-api-key');
    expect(
      await until(
        () => codeOf(soon.body.key),
        (code) => code !== undefined,
      ),
    ).toBe('expired-api-key');
  });

  it('are listed and revoked by the command line', async () => {
    const { key, id } = (await call('POST', '/v1/keys', { name: 'short', role: 'viewer' }, keys.admin.key)).body as Key;
    expect(await codeOf(key)).toBeUndefined();
    expect((await tripline('keys', 'revoke', id)).code).toBe(0);
    expect((await tripline('keys', 'revoke', 'none')).code).toBe(1);
    expect(
      await until(
        () => codeOf(key),
        (code) => code !== undefined,
      ),
    ).toBe('revoked-api-key');
    const { out } = await tripline('keys', 'list');
    expect(out).toMatch(new RegExp(`${id}  viewer    short  created .*  revoked `));
    expect(out).not.toContain(key);
  });

  it('let the service listen beyond this machine', async () => {
    const env = { DATABASE_URL: await postgres.createDatabase(), HOST: '0.0.0.0' };
    const exposed = await Service.create(env);
    await exposed.start();
    expect([exposed.running, exposed.output]).toEqual([false, expect.stringContaining('needs keys: `tripline keys create`')]);
  });
});

describe('roles', () => {
  const table = [...readFileSync('docs/security.md', 'utf8').matchAll(/^\| `(\w+) (\/\S*)` \| (\w+)/gm)].map(([, method, path, role]) => ({
    call: `${method} ${path}`,
    method,
    path: path.replaceAll(/\{\w+\}/g, '0'),
    role,
  }));
  const strength = (role: string) => ROLES.indexOf(role as Role);

  it('stand in docs/security.md for every call of the API', async () => {
    const { paths } = (await call('GET', '/docs/json')).body as { paths: Record<string, object> };
    const calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(table.map((row) => row.call).sort()).toEqual(calls.sort());
  });

  it.each(table)('$call is for $role', async ({ method, path, role }) => {
    const alone = await call(method, path);
    if (role === 'everybody') return expect(alone.status).toBe(200);
    expect(alone.status).toBe(401);
    for (const given of ROLES) {
      // The stream of alerts would not end.
      if (path === '/v1/alerts/stream' && strength(given) >= strength(role)) continue;
      const { status } = await call(method, path, method === 'GET' ? undefined : {}, keys[given].key);
      expect([given, status === 403]).toEqual([given, strength(given) < strength(role)]);
    }
  });

  it('the stream of alerts is under the same guard', async () => {
    const ended = new AbortController();
    const open = (key: string) => fetch(service.url('/v1/alerts/stream'), { headers: { 'x-api-key': key }, signal: ended.signal });
    expect((await open(keys.viewer.key)).status).toBe(200);
    expect((await open('tripline_0')).status).toBe(401);
    ended.abort();
  });

  it('a stream of alerts ends when its key is revoked', async () => {
    const { id, key } = (await call('POST', '/v1/keys', { name: 'watcher', role: 'viewer' }, keys.admin.key)).body as Key;
    const stream = await fetch(service.url('/v1/alerts/stream'), { headers: { 'x-api-key': key } });
    await call('DELETE', `/v1/keys/${id}`, undefined, keys.admin.key);
    expect(await stream.text()).toMatch(/^retry: 1000/);
  });

  it('readiness shows nothing but the status to strangers', async () => {
    expect((await call('GET', '/health/ready')).body).toEqual({ status: 'ready' });
    expect((await call('GET', '/health/ready', undefined, keys.viewer.key)).body).toMatchObject({
      status: 'ready',
      job: { state: 'running' },
    });
  });
});

describe('the audit log', () => {
  const SECRET = 'a-secret-of-a-sink';
  const STREAM = { time: { field: 'ts', format: 'epochMillis' } };
  const RULE = { id: 'audited', from: 'audited', pattern: [{ begin: 'a', where: 'v > 1' }] };
  const entries = async (query: string) => (await call('GET', `/v1/audit?${query}`, undefined, keys.admin.key)).body;
  const author = () => ({ kind: 'key', name: 'author-person', id: keys.author.id });

  it('says who changed what, and when', async () => {
    const began = Date.now();
    const as = (role: Role, method: string, path: string, body?: unknown) => call(method, path, body, keys[role].key);
    await as('author', 'PUT', '/v1/streams/audited', STREAM);
    await as('author', 'POST', '/v1/rules', RULE);
    await as('author', 'PUT', '/v1/rules/audited', { ...RULE, title: 'next' });
    await as('author', 'PUT', '/v1/rules/audited', { ...RULE, title: 'next' });
    await as('admin', 'POST', '/v1/rules/audited/status', { status: 'paused' });
    await as('author', 'DELETE', '/v1/rules/audited');
    await as('author', 'DELETE', '/v1/streams/audited');
    const webhook = { url: 'https://hooks.example.com/x', secret: SECRET, headers: { authorization: `Basic ${SECRET}` } };
    await as('author', 'PUT', '/v1/sinks/audited', { webhook });
    await as('author', 'PUT', '/v1/sinks/audited', { webhook, delivery: 'atMostOnce' });
    await as('author', 'DELETE', '/v1/sinks/audited');
    // What was refused changed nothing.
    await as('viewer', 'PUT', '/v1/streams/audited', STREAM);
    await as('author', 'PUT', '/v1/rules/audited', {});
    const { items, nextCursor } = await entries('name=audited');
    expect(nextCursor).toBeNull();
    expect(items.map(({ action, version }: { action: string; version?: number }) => [action, version]).reverse()).toEqual([
      ['stream-created', 1],
      ['rule-created', 1],
      ['rule-changed', 2],
      ['rule-status', undefined],
      ['rule-retired', undefined],
      ['stream-deleted', undefined],
      ['sink-created', undefined],
      ['sink-changed', undefined],
      ['sink-deleted', undefined],
    ]);
    expect(items[5]).toMatchObject({ author: { kind: 'key', name: 'first', id: keys.admin.id }, detail: { status: 'paused' } });
    expect(items[1].detail).toEqual({
      webhook: { url: webhook.url, secret: '***', headers: { authorization: '***' } },
      delivery: 'atMostOnce',
    });
    expect(items[0].author).toEqual(author());
    for (const { at } of items) expect(at >= began && at <= Date.now()).toBe(true);
  });

  it('knows keys, and the command line', async () => {
    const { items } = await entries('kind=key');
    expect(items.at(-1)).toMatchObject({ action: 'key-created', name: keys.admin.id, author: { kind: 'terminal', name: 'ann' } });
    expect(items.at(-2)).toMatchObject({ action: 'key-created', author: { kind: 'key', name: 'first' }, detail: { role: 'viewer' } });
  });

  it('comes in pages, by filters', async () => {
    const found: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { items: { id: number }[]; nextCursor: string | null } = await entries(
        `limit=4&name=audited&author=author-person${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      found.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(found).toEqual([...new Set(found)].sort((a, b) => b - a));
    expect(found).toHaveLength(8);
    expect((await entries('author=nobody')).items).toEqual([]);
    expect((await entries('until=1')).items).toEqual([]);
  });

  it.each(['UPDATE audit SET author_name = $$x$$', 'DELETE FROM audit', 'TRUNCATE audit'])('refuses %s', async (statement) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await expect(client.query(statement)).rejects.toThrow('the audit log only grows');
    await client.end();
  });

  it('holds no secret, and neither do answers, logs and the database', async () => {
    const dump = async (client: pg.Client, table: string) => JSON.stringify((await client.query(`SELECT t::text FROM ${table} t`)).rows);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const [audit, stored] = [await dump(client, 'audit'), await dump(client, 'api_key')];
    await client.end();
    await call('GET', '/v1/audit?limit=1000', undefined, keys.admin.key);
    for (const secret of [SECRET, ...Object.values(keys).map(({ key }) => key.slice(22))])
      for (const place of [answers, service.output, audit, stored]) {
        expect(place).not.toContain(secret);
        expect(place).not.toContain(Buffer.from(secret).toString('hex'));
      }
  });
});
