import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { until } from '../e2e/support.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { Service } from '../support/service.js';

const VIEWER = 'viewer-key-1';
const OTHER = 'another-key-1';
const PAGE = 'https://board.example.com';
const AUDIENCE = 'tripline-test';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

/** An OpenID Connect provider, as far as its keys go. */
class Issuer {
  readonly #keys: { kid: string; pair: KeyPair }[] = [];
  /** Requests for its keys. */
  asked = 0;

  private constructor(readonly server: Server) {}

  static async listen(): Promise<Issuer> {
    const server = createServer();
    const issuer = new Issuer(server);
    server.on('request', async ({ url }, response) => {
      const body = url === '/jwks' ? await issuer.#jwks() : { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    });
    await issuer.addKey('first');
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async addKey(kid: string): Promise<void> {
    this.#keys.push({ kid, pair: await generateKeyPair('ES256') });
  }

  async token(claims: JWTPayload, kid = 'first', key = this.#keys.find((one) => one.kid === kid)!.pair.privateKey): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: this.url, aud: AUDIENCE, sub: 'ann', exp: now + 600, ...claims };
    return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid }).sign(key);
  }

  async #jwks() {
    this.asked++;
    return {
      keys: await Promise.all(this.#keys.map(async ({ kid, pair }) => ({ ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256' }))),
    };
  }
}

let postgres: TestPostgres;
let issuer: Issuer;
let service: Service;
let open: Service;

beforeAll(async () => {
  postgres = await startTestPostgres();
  issuer = await Issuer.listen();
  service = await Service.create({
    DATABASE_URL: await postgres.createDatabase(),
    TRIPLINE_API_KEYS: `someone:viewer:${VIEWER},other:viewer:${OTHER}`,
    TRIPLINE_RATE_LIMIT: '5',
    TRIPLINE_RATE_BURST: '20',
    TRIPLINE_CORS_ORIGINS: PAGE,
    TRIPLINE_OIDC_ISSUER: issuer.url,
    TRIPLINE_OIDC_AUDIENCE: AUDIENCE,
    TRIPLINE_OIDC_ROLE_CLAIM: 'access.roles',
  });
  open = await Service.create({ DATABASE_URL: await postgres.createDatabase() });
  await Promise.all([service.start(), open.start()]);
}, 60_000);
afterAll(async () => {
  await Promise.all([service.stop(), open.stop()]);
  issuer.server.close();
  await postgres.stop();
});

/** A request with the headers as they are: fetch sets Host and Origin itself. */
async function ask(to: Service, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const sent = request(to.url(path), { method, headers }).end();
  const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream & { statusCode: number; headers: IncomingHttpHeaders }];
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, text, code: /"code":"([^"]+)"/.exec(text)?.[1] };
}

describe('bearer tokens', () => {
  const use = async (token: string, path = '/v1/rules') => ask(service, path, { authorization: `Bearer ${token}` });

  it('of the provider are taken, with the strongest of their roles', async () => {
    const author = await issuer.token({ access: { roles: ['viewer', 'author', 'something'] } });
    expect((await use(author)).status).toBe(200);
    const refused = await use(author, '/v1/audit');
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('ann is author')]);
    expect((await use(await issuer.token({ sub: 'root', access: { roles: 'admin' } }), '/v1/audit')).status).toBe(200);
  });

  it('are checked with keys that are fetched once', async () => {
    const before = issuer.asked;
    await use(await issuer.token({ sub: 'bob', access: { roles: ['viewer'] } }));
    expect(issuer.asked).toBe(before);
  });

  it.each([
    ['another audience', { aud: 'another' }, 'invalid-token', 401],
    ['another issuer', { iss: 'https://elsewhere.example.com' }, 'invalid-token', 401],
    ['no end', { exp: undefined }, 'invalid-token', 401],
    ['no subject', { sub: undefined }, 'invalid-token', 401],
    ['an end that is over', { exp: 1_700_000_000 }, 'expired-token', 401],
    ['a beginning to come', { nbf: 4_000_000_000 }, 'invalid-token', 401],
    ['another tenant', { tripline_tenant: 'acme' }, 'invalid-token', 401],
    ['no role', { access: {} }, 'token-without-role', 403],
    ['an unknown role', { access: { roles: ['root'] } }, 'token-without-role', 403],
  ])('with %s are refused', async (_, claims, code, status) => {
    const refused = await use(await issuer.token({ access: { roles: ['viewer'] }, ...claims }));
    expect([refused.status, refused.code]).toEqual([status, code]);
  });

  it('signed by a stranger, by nobody or with a shared secret are refused', async () => {
    const stranger = (await generateKeyPair('ES256')).privateKey;
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: issuer.url, aud: AUDIENCE, sub: 'eve', exp: 4_000_000_000, access: { roles: ['admin'] } };
    const shared = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'first' }).sign(Buffer.from('a'.repeat(32)));
    for (const token of [
      await issuer.token(claims, 'first', stranger),
      `${part({ alg: 'none' })}.${part(claims)}.AAAA`,
      await shared,
      'a.b.c',
    ])
      expect([(await use(token)).code, token]).toEqual(['invalid-token', token]);
  });
});

describe('rate limits', () => {
  it('are of each key, told in every answer, and 429 says when to come back', async () => {
    const first = await ask(service, '/v1/rules', { 'x-api-key': VIEWER });
    expect(first.headers).toMatchObject({ 'ratelimit-policy': '"key";q=20;w=4', ratelimit: '"key";r=19;t=1' });
    const refused = await until(
      () => ask(service, '/v1/rules', { 'x-api-key': VIEWER }),
      ({ status }) => status === 429,
    );
    expect([refused.code, refused.headers['retry-after'], refused.headers.ratelimit]).toEqual(['rate-limited', '1', '"key";r=0;t=4']);
    expect((await ask(service, '/v1/rules', { 'x-api-key': OTHER })).status).toBe(200);
    await until(
      () => ask(service, '/v1/rules', { 'x-api-key': VIEWER }),
      ({ status }) => status === 200,
    );
  });
});

describe('headers', () => {
  it.each(['/health/live', '/v1/rules', '/v1/nothing', '/docs', '/v1/alerts/stream'])(
    'of %s leave browsers nothing to guess',
    async (path) => {
      const ended = new AbortController();
      const { headers } = await fetch(open.url(path), { signal: ended.signal });
      ended.abort();
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
      expect(headers.get('content-security-policy')).toMatch(/default-src 'self'.*frame-ancestors 'none'/);
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('let the page of the API work: it has no script of its own', async () => {
    const { text } = await ask(open, '/docs');
    expect(text.match(/<script(?![^>]*\bsrc=)[^>]*>\s*\S/g)).toBeNull();
    for (const [, source] of text.matchAll(/<script[^>]*\bsrc="([^"]+)"/g)) {
      const { protocol, host } = new URL(source, open.url('/docs/'));
      expect([protocol, host]).toEqual(['http:', new URL(open.url('/')).host]);
    }
  });

  it('are bounded, and so are addresses', async () => {
    expect((await ask(open, '/v1/rules', { 'x-long': 'x'.repeat(20_000) })).status).toBe(431);
    expect((await ask(open, `/v1/rules/${'x'.repeat(9_000)}`)).status).toBe(414);
  });
});

describe('pages of other origins', () => {
  const preflight = (to: Service, origin: string) =>
    ask(to, '/v1/rules', { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' }, 'OPTIONS');

  it('may call when they are named', async () => {
    const allowed = await preflight(service, PAGE);
    expect([allowed.status, allowed.headers['access-control-allow-origin']]).toEqual([204, PAGE]);
    const { headers } = await ask(service, '/v1/rules', { origin: PAGE, 'x-api-key': OTHER });
    expect(headers['access-control-allow-origin']).toBe(PAGE);
  });

  it('may not otherwise', async () => {
    expect((await preflight(service, 'https://evil.example.com')).headers['access-control-allow-origin']).not.toBe(
      'https://evil.example.com',
    );
    expect((await preflight(open, PAGE)).headers['access-control-allow-origin']).toBeUndefined();
  });

  it.each([
    [{ origin: 'https://evil.example.com' }, 'foreign-origin'],
    [{ origin: 'null' }, 'foreign-origin'],
    [{ host: 'evil.example.com' }, 'foreign-host'],
    [{ host: 'localhost' }, undefined],
    [{ host: '[::1]:3000' }, undefined],
  ])('cannot do anything where no keys are asked for: %o', async (headers, code) => {
    expect((await ask(open, '/v1/rules', headers as Record<string, string>)).code).toBe(code);
  });
});
