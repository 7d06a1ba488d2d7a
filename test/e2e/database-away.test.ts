import { DatabaseLine } from '../support/database-line.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { Service } from '../support/service.js';
import { until } from './support.js';

const TIME = 1_700_000_000_000;
const STREAM = { time: { field: 'ts', format: 'epochMillis' }, idleAfter: 'never', quietAfter: 'never' };
const RULE = { from: 's', pattern: [{ begin: 'a', where: 'v >= 0' }] };

let postgres: TestPostgres;
let line: DatabaseLine;
let service: Service;

beforeAll(async () => {
  postgres = await startTestPostgres();
  line = await DatabaseLine.to(await postgres.createDatabase());
  service = await Service.create({ DATABASE_URL: line.url, TRIPLINE_CHECKPOINT_INTERVAL: '200ms' });
  await service.start();
  for (const [path, document] of [
    ['/v1/streams/s', STREAM],
    ['/v1/rules/all', RULE],
  ] as const)
    expect((await ask('PUT', path, document)).status).toBe(201);
}, 60_000);

afterAll(async () => {
  await service.kill();
  await line.cut();
  await postgres.stop();
});

async function ask(method: string, path: string, body?: unknown, key?: string) {
  const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) };
  const response = await fetch(service.url(path), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: JSON.parse(await response.text()) };
}

const send = (n: number) => ask('POST', '/v1/streams/s/events', { ts: TIME + n, v: n }, `event-${n}`);
const sendUntilTaken = (n: number) =>
  until(
    () => send(n),
    ({ status }) => status === 200,
  );
const ready = () => ask('GET', '/health/ready');

it('while the database is away events are refused and health says why; afterwards all goes on, nothing lost', async () => {
  await sendUntilTaken(0);
  await line.cut();
  const refused = await until(
    () => send(1),
    ({ status }) => status !== 200,
  );
  expect([refused.status, Number(refused.retryAfter) > 0]).toEqual([503, true]);
  expect((await until(ready, ({ status }) => status === 503)).body.status).not.toBe('ok');
  await line.mend();
  for (const n of [1, 2]) await sendUntilTaken(n);
  const alerts = await until(
    () => ask('GET', '/v1/alerts'),
    ({ body }) => body.items.length >= 3,
  );
  expect(alerts.body.items).toHaveLength(3);
  expect((await until(ready, ({ status }) => status === 200)).status).toBe(200);
}, 60_000);

it('SIGTERM ends the service with 0 within 10 s although the database is away', async () => {
  await sendUntilTaken(3);
  await line.cut();
  const since = Date.now();
  expect(await service.stop()).toBe(0);
  expect(Date.now() - since).toBeLessThan(10_000);
  await line.mend();
  await service.start();
  const alerts = await until(
    () => ask('GET', '/v1/alerts'),
    ({ body }) => body.items.length >= 4,
  );
  expect(alerts.body.items).toHaveLength(4);
}, 60_000);
