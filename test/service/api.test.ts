import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { Service } from '../support/service.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

const KEYS = { viewer: 'viewer-key-1', producer: 'producer-key-1', author: 'author-key-1', admin: 'admin-key-1' };
const STREAM = '{"time": {"field": "ts", "format": "epochMillis"}}';
const RULE = '{"id": "r", "from": "s", "pattern": [{"begin": "a", "where": "v > 1"}]}';

let postgres: TestPostgres;
let service: Service;

beforeAll(async () => {
  postgres = await startTestPostgres();
  const keys = Object.keys(KEYS)
    .map((role) => `${role}-person:${role}:${KEYS[role as keyof typeof KEYS]}`)
    .join(',');
  service = await Service.create({ DATABASE_URL: await postgres.createDatabase(), TRIPLINE_API_KEYS: keys });
  await service.start();
  await call('PUT', '/v1/streams/s', STREAM, KEYS.author);
});
afterAll(async () => {
  await service.stop();
  await postgres.stop();
});

async function call(method: string, path: string, body?: string, key?: string, type = 'application/json') {
  const headers: Record<string, string> = {
    ...(body === undefined ? {} : { 'content-type': type }),
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  const reply = await fetch(service.url(path), { method, body, headers });
  const text = await reply.text();
  return { status: reply.status, type: reply.headers.get('content-type') ?? '', text, json: () => JSON.parse(text) };
}

describe('API keys', () => {
  it.each([
    ['GET', '/health/live', undefined, undefined, 200],
    ['GET', '/health/ready', undefined, undefined, 200],
    ['GET', '/docs/json', undefined, undefined, 200],
    ['GET', '/v1/schemas/stream', undefined, undefined, 200],
    ['GET', '/v1/rules', undefined, undefined, 401],
    ['GET', '/v1/rules', undefined, 'wrong-key-1', 401],
    ['GET', '/v1/rules', undefined, KEYS.viewer, 200],
    ['GET', '/v1/alerts', undefined, KEYS.producer, 200],
    ['GET', '/metrics', undefined, undefined, 401],
    ['POST', '/v1/streams/s/events', '{"ts":1}', KEYS.viewer, 403],
    ['POST', '/v1/streams/s/events', '{"ts":1}', KEYS.producer, 200],
    ['POST', '/v1/rules', RULE, KEYS.producer, 403],
    ['POST', '/v1/rules/validate', RULE, KEYS.viewer, 200],
    ['POST', '/v1/rules', RULE, KEYS.author, 201],
    ['DELETE', '/v1/rules/r', undefined, KEYS.viewer, 403],
    ['DELETE', '/v1/rules/r', undefined, KEYS.admin, 204],
  ])('%s %s with body %s and key %s', async (method, path, body, key, status) => {
    const reply = await call(method, path, body, key);
    expect([reply.status, reply.text]).toEqual([status, expect.anything()]);
    if (status >= 400) expect(reply.type).toMatch('application/problem+json');
  });

  it.each(['/v1/rules/%00', '/v1/rules/%00/stats', '/v1/streams/%00', '/v1/alerts?rule=%00', '/v1/dead-letters?stream=%00'])(
    'GET %s, which PostgreSQL cannot look up, is no fault of the service',
    async (path) => {
      expect((await call('GET', path, undefined, KEYS.viewer)).status).toBeLessThan(500);
    },
  );

  it('also come as X-Api-Key, and are never echoed', async () => {
    const reply = await fetch(service.url('/v1/rules'), { headers: { 'x-api-key': KEYS.viewer } });
    expect(reply.status).toBe(200);
    for (const key of Object.values(KEYS)) expect(service.output).not.toContain(key);
  });
});

describe('problems', () => {
  it.each([
    ['GET', '/v1/nothing', undefined, 'application/json', 404, 'route-not-found'],
    ['GET', '/v1/rules/none', undefined, 'application/json', 404, 'rule-not-found'],
    ['PATCH', '/v1/rules/none', '{}', 'application/json', 404, 'route-not-found'],
    ['GET', '/v1/alerts?sinse=1', undefined, 'application/json', 400, 'invalid-query'],
    ['GET', '/v1/rules/none?dryRun=true', undefined, 'application/json', 400, 'invalid-query'],
    ['POST', '/v1/rules?dryRun=true', RULE, 'application/json', 400, 'invalid-query'],
    ['DELETE', '/v1/streams/s?force', undefined, 'application/json', 400, 'invalid-query'],
    ['GET', '/health/live?x=1', undefined, 'application/json', 400, 'invalid-query'],
    ['GET', '/v1/alerts?limit=0', undefined, 'application/json', 400, 'invalid-query'],
    ['GET', '/v1/alerts?rule=a&rule=b', undefined, 'application/json', 400, 'invalid-query'],
    ['GET', '/v1/alerts?cursor=-1', undefined, 'application/json', 400, 'invalid-query'],
    ['GET', '/v1/alerts/%', undefined, 'application/json', 400, 'bad-request'],
    ['GET', '/v1/alerts/none', undefined, 'application/json', 404, 'alert-not-found'],
    ['POST', '/v1/rules', '{', 'application/json', 400, 'invalid-json'],
    ['POST', '/v1/rules', 'a: [', 'application/yaml', 400, 'invalid-yaml'],
    ['POST', '/v1/rules', '{"id": "a", "id": "b"}', 'application/json', 400, 'duplicate-key'],
    ['POST', '/v1/rules', 'id: a\nid: b', 'application/yaml', 400, 'duplicate-key'],
    ['PUT', '/v1/streams/k', '{"source": {"http": {}, "http": {}}}', 'application/json', 400, 'duplicate-key'],
    ['PUT', '/v1/sinks/k', '{"webhook": {"url": "https://a.example"}, "webhook": {}}', 'application/json', 400, 'duplicate-key'],
    ['PUT', '/v1/sinks/k', '{"webhook": {"url": "http://10.1.2.3/x"}}', 'application/json', 422, 'invalid-sink'],
    ['PUT', '/v1/sinks/k', '{"webhook": {"url": "http://localhost:9000/"}}', 'application/json', 422, 'invalid-sink'],
    ['POST', '/v1/rules/r/status', '{"status": "paused", "status": "active"}', 'application/json', 400, 'duplicate-key'],
    ['POST', '/v1/rules', '<a/>', 'application/xml', 415, 'unsupported-content-type'],
    ['POST', '/v1/rules', ' '.repeat(300_000), 'application/json', 413, 'document-too-large'],
    ['POST', '/v1/rules', '{"id": "x"}', 'application/json', 422, 'invalid-rule'],
    ['PUT', '/v1/rules/y', RULE, 'application/json', 422, 'invalid-rule'],
    ['POST', '/v1/rules/none/status', '{"status": "paused"}', 'application/json', 404, 'rule-not-found'],
    ['PUT', '/v1/streams/k', '{"source": {"kafka": {"topic": "t"}}}', 'application/json', 422, 'invalid-stream'],
    ['PUT', '/v1/streams/k', '{"name": "other"}', 'application/json', 422, 'invalid-stream'],
    ['POST', '/v1/streams/none/events', '{}', 'application/json', 404, 'stream-not-found'],
    ['POST', '/v1/streams/s/events', '{}', 'application/xml', 415, 'unsupported-content-type'],
    ['POST', '/v1/streams/s/watermark', '{"time": "soon"}', 'application/json', 422, 'invalid-time'],
    ['POST', '/v1/streams/s/watermark', '{"time": 4102444800000}', 'application/json', 422, 'far-future'],
    ['POST', '/v1/streams/s/watermark', 'time: 1', 'application/yaml', 415, 'unsupported-content-type'],
    ['POST', '/v1/rules/none/status', 'status: paused', 'application/yaml', 415, 'unsupported-content-type'],
    ['POST', '/v1/dead-letters/77777/retry', '', 'application/json', 404, 'dead-letter-not-found'],
    ['POST', '/v1/rules/simulate', '[]', 'application/json', 400, 'body-not-object'],
    ['POST', '/v1/rules/simulate', '{"rule": {}, "event": []}', 'application/json', 422, 'invalid-simulation'],
    ['POST', '/v1/rules/simulate', '{"rule": {}}', 'application/json', 422, 'invalid-simulation'],
  ])('%s %s', async (method, path, body, type, status, code) => {
    const reply = await call(method, path, body, KEYS.admin, type);
    expect(reply.type).toMatch('application/problem+json');
    expect(reply.json()).toMatchObject({
      type: `urn:tripline:problem:${code}`,
      status,
      code,
      title: expect.any(String),
      detail: expect.any(String),
      errors: expect.any(Array),
    });
    expect(reply.status).toBe(status);
  });
});

it('a key that stands twice is told with its place', async () => {
  const text = '{"id": "r",\n "pattern": [{"begin": "a", "begin": "b"}]}';
  const { errors } = (await call('POST', '/v1/rules', text, KEYS.author)).json();
  expect(errors).toEqual([
    { code: 'duplicate-key', message: 'the key `begin` stands twice', pointer: '/pattern/0/begin', line: 2, column: 29 },
  ]);
});

describe('HEAD', () => {
  it.each([
    ['/', 200],
    ['/health/live', 200],
    ['/v1/rules', 200],
    ['/v1/rules/none', 404],
    ['/v1/alerts/stream', 200],
    ['/metrics', 200],
    ['/docs', 200],
    ['/docs/json', 200],
    ['/v1/rules/simulate', 404],
  ])('%s has the head of GET and no body', async (path, status) => {
    const headers = { 'x-api-key': KEYS.viewer };
    const reply = await fetch(service.url(path), { method: 'HEAD', headers });
    expect([reply.status, await reply.text()]).toEqual([status, '']);
    if (path === '/v1/alerts/stream' || path === '/v1/rules/simulate') return;
    const got = await fetch(service.url(path), { headers });
    await got.body?.cancel();
    expect(reply.headers.get('content-type')).toBe(got.headers.get('content-type'));
  });

  it('asks for a key as GET does', async () => {
    expect((await fetch(service.url('/v1/rules'), { method: 'HEAD' })).status).toBe(401);
  });
});

it('the bare address tells what this is and leads on', async () => {
  const { name, version, links } = (await call('GET', '/')).json() as { name: string; version: string; links: Record<string, unknown> };
  expect([name, version]).toEqual(['tripline', JSON.parse(readFileSync('package.json', 'utf8')).version]);
  for (const path of Object.values(links).flat()) {
    if (path !== '/v1/alerts/stream')
      expect([path, (await call('GET', path as string, undefined, KEYS.viewer)).status]).toEqual([path, 200]);
  }
});

it.each(['/v1/rules', '/v1/streams/s/events'])('a compressed body is refused: %s', async (path) => {
  const headers = { 'x-api-key': KEYS.admin, 'content-type': 'application/json', 'content-encoding': 'gzip' };
  const reply = await fetch(service.url(path), { method: 'POST', headers, body: gzipSync('{}') });
  expect(reply.status).toBe(415);
  expect(await reply.json()).toMatchObject({ code: 'unsupported-content-encoding' });
});

it('what is missing is not shown as found', async () => {
  const simulated = await call('POST', '/v1/rules/simulate', '{"rule": {}}', KEYS.viewer);
  expect(simulated.json()).toMatchObject({ errors: [{ code: 'missing-key', expected: 'a list of events' }] });
  expect(simulated.text).not.toContain('undefined');
});

it.each(['noSkip', 'pastLast'])('simulate tells time-outs only of rules that ask for them: skip %s', async (skip) => {
  const rule = {
    id: 'x',
    from: 's',
    pattern: [
      { begin: 'a', where: 'v == 1' },
      { followedBy: 'b', where: 'v == 2' },
    ],
    within: '1s',
    skip,
  };
  const timeouts = async (asked: boolean) => {
    const body = { rule: { ...rule, timeouts: asked }, events: [{ ts: 1, v: 1 }], watermark: 5000 };
    return (await call('POST', '/v1/rules/simulate', JSON.stringify(body), KEYS.viewer)).json().timeouts.length as number;
  };
  expect([await timeouts(false), await timeouts(true)]).toEqual([0, 1]);
});

it.each(['rule', 'stream'])('the JSON Schema of a %s is that of the package', async (kind) => {
  const reply = await call('GET', `/v1/schemas/${kind}`);
  expect(reply.type).toMatch('application/schema+json');
  expect(reply.text).toBe(readFileSync(`schema/${kind}.schema.json`, 'utf8'));
});

it('simulate explains matches, and near misses of other keys', async () => {
  const rule = {
    id: 'x',
    from: 's',
    key: 'k',
    pattern: [
      { begin: 'a', where: 'v == 1' },
      { followedBy: 'b', where: 'v == 2' },
    ],
  };
  const events = [
    { ts: 1, k: 1, v: 1 },
    { ts: 2, k: 1, v: 2 },
    { ts: 3, k: 2, v: 1 },
    { ts: 4, k: 2, v: 3 },
  ];
  const simulate = (explain: unknown) =>
    call('POST', '/v1/rules/simulate', JSON.stringify({ rule, events, explain }), KEYS.viewer).then((reply) => reply.json());
  expect((await simulate(false)).explanation).toBeUndefined();
  expect((await simulate('yes')).code).toBe('invalid-simulation');
  expect((await simulate(true)).explanation).toEqual({
    matches: [
      {
        key: 1,
        events: [
          { step: 'a', event: 0, edge: 'begin', time: 1, where: 'v == 1' },
          { step: 'b', event: 1, edge: 'followedBy', time: 2, where: 'v == 2', waited: 1 },
        ],
        ended: { by: 'lastEvent', time: 2 },
      },
    ],
    timeouts: [],
    nearMisses: [
      {
        key: 2,
        events: [{ step: 'a', event: 2, edge: 'begin', time: 3, where: 'v == 1' }],
        waitingFor: ['b'],
        fate: { kind: 'open' },
        failures: [{ event: 3, step: 'b', condition: 'v == 2', part: 'v == 2', result: 'false', values: { v: 3 } }],
        failureCount: 1,
      },
    ],
  });
});

describe('the OpenAPI document', () => {
  it('has an example for each call, of its reply and of its body', async () => {
    const { paths } = (await call('GET', '/docs/json')).json() as { paths: Record<string, Record<string, Operation>> };
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
    );
    expect(operations.length).toBeGreaterThan(20);
    const without = operations.filter(
      ({ operation }) =>
        !hasExample(operation.responses) || (operation.requestBody !== undefined && !hasExample({ body: operation.requestBody })),
    );
    expect(without.map(({ name }) => name)).toEqual([]);
    expect((await call('GET', '/docs')).type).toMatch('text/html');
  });
});

interface Content {
  readonly content?: Record<string, { readonly example?: unknown; readonly examples?: unknown }>;
}

interface Operation {
  readonly responses: Record<string, Content>;
  readonly requestBody?: Content;
}

function hasExample(parts: Record<string, Content>): boolean {
  return Object.values(parts).some(({ content }) =>
    Object.values(content ?? {}).some((media) => 'example' in media || 'examples' in media),
  );
}

it('metrics are Prometheus text with the families of the job', async () => {
  const { text, type } = await call('GET', '/metrics', undefined, KEYS.viewer);
  expect(type).toMatch('text/plain');
  for (const family of [
    'tripline_stream_events_total',
    'tripline_stream_late_total',
    'tripline_dead_letters_total',
    'tripline_rule_alerts_total',
    'tripline_rule_kept_events',
    'tripline_stream_watermark_lag_seconds',
    'tripline_checkpoint_duration_seconds',
    'tripline_checkpoint_bytes',
    'tripline_ghost_alerts_total',
  ]) {
    expect(text).toContain(`# TYPE ${family} `);
  }
});

it('metrics are there that the board and the alerts in deploy/ use', async () => {
  const { text } = await call('GET', '/metrics', undefined, KEYS.viewer);
  const board = JSON.parse(readFileSync('deploy/grafana/dashboards/tripline.json', 'utf8')) as {
    panels: { targets?: { expr: string }[] }[];
  };
  const { groups } = parse(readFileSync('deploy/alerts.yml', 'utf8')) as { groups: { rules: { expr: string }[] }[] };
  const expressions = [...board.panels.flatMap(({ targets = [] }) => targets), ...groups.flatMap(({ rules }) => rules)];
  const names = new Set(expressions.flatMap(({ expr }) => expr.match(/\b(tripline|process|nodejs)_\w+/g) ?? []));
  expect(names.size).toBeGreaterThan(25);
  expect([...names].filter((name) => !text.includes(`# TYPE ${name} `))).toEqual([]);
});

describe('the job and its checkpoints', () => {
  it('are shown, checkpoints page by page', async () => {
    const job = (await call('GET', '/v1/jobs', undefined, KEYS.viewer)).json();
    expect(job).toMatchObject({ items: [{ id: 'main', state: 'running', restarts: 0 }], nextCursor: null });
    expect((await call('GET', '/v1/jobs/main', undefined, KEYS.viewer)).json().streams[0]).toMatchObject({ stream: 's', partition: 0 });
    expect((await call('GET', '/v1/jobs/other', undefined, KEYS.viewer)).json()).toMatchObject({ status: 404, code: 'job-not-found' });
    const deadline = Date.now() + 20_000;
    let page: { items: { id: number }[]; nextCursor: string | null };
    do page = (await call('GET', '/v1/checkpoints?limit=1', undefined, KEYS.viewer)).json();
    while (page.items.length === 0 && Date.now() < deadline);
    expect(page.items).toEqual([expect.objectContaining({ job: 'main', kind: 'checkpoint', bytes: expect.any(Number) })]);
    const before = (await call('GET', `/v1/checkpoints?cursor=${page.items[0].id}`, undefined, KEYS.viewer)).json();
    expect(before.items.every(({ id }: { id: number }) => id < page.items[0].id)).toBe(true);
    expect((await call('GET', '/v1/checkpoints?cursor=x', undefined, KEYS.viewer)).status).toBe(400);
  });
});
