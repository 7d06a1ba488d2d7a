import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Rig, until } from './support.js';

interface Taken {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface SinkView {
  readonly sink: { readonly webhook?: { readonly secret?: string; readonly headers?: object } };
  readonly status: {
    readonly state: string;
    readonly reason: string | null;
    readonly delivered: number;
    readonly failures: number;
    readonly refused: number;
  };
}

/** A target that answers as it is told. */
class Target {
  readonly taken: Taken[] = [];
  /** Status of the answers to come, 204 when empty. */
  readonly answers: number[] = [];

  private constructor(readonly server: Server) {}

  static async listen(): Promise<Target> {
    const server = createServer();
    const target = new Target(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const status = target.answers.shift() ?? 204;
        if (status < 300) target.taken.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        response.writeHead(status, status === 429 ? { 'retry-after': '1' } : {}).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return target;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const RULE = {
  id: 'big',
  severity: 'high',
  from: 'payments',
  key: 'card',
  pattern: [{ begin: 'large', where: 'amount > 100' }],
  alert: { title: 'Card ${key}: ${large.amount}', fields: { amount: 'large.amount' } },
};

describe('webhook sinks', () => {
  let rig: Rig;
  const targets: Target[] = [];
  let sent = 0;

  beforeAll(async () => {
    rig = await Rig.start({ TRIPLINE_WEBHOOK_PRIVATE: 'on', TRIPLINE_CHECKPOINT_INTERVAL: '200ms' });
    await rig.put('/v1/streams/payments', { time: { field: 'ts', format: 'epochMillis' }, idleAfter: '50ms' });
  }, 60_000);

  afterAll(async () => {
    await rig?.stop();
    for (const target of targets) target.close();
  });

  async function target(name: string, more: object = {}, document: object = {}): Promise<Target> {
    const found = await Target.listen();
    targets.push(found);
    await rig.put(`/v1/sinks/${name}`, { webhook: { url: found.url, ...more }, ...document });
    return found;
  }

  async function fire(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => ++sent);
    await rig.send(
      'payments',
      ids.map((amount) => ({ ts: 1_767_225_600_000 + amount, card: `c${amount % 3}`, amount: 100 + amount })),
    );
    return ids.map((amount) => `Card c${amount % 3}: ${100 + amount}`);
  }

  const titles = ({ taken }: Target) => taken.map(({ body }) => (JSON.parse(body) as { title: string }).title);
  const view = async (name: string) => (await rig.ask<SinkView>('GET', `/v1/sinks/${name}`)).body;
  const gets = (at: Target, count: number) =>
    until(
      async () => at.taken.length,
      (found) => found >= count,
    );

  it('get alerts signed, in order, from the next one on; a rule names those it wants', async () => {
    await rig.put('/v1/rules/big', { ...RULE, alert: { ...RULE.alert, to: undefined } });
    await fire(1);
    await rig.alertsOf('big', 1);
    const ops = await target('ops', { secret: 'a long secret', headers: { 'X-Team': 'fraud' } });
    const other = await target('other');
    await rig.put('/v1/rules/big', { ...RULE, alert: { ...RULE.alert, to: ['ops'] } });
    const expected = await fire(5);
    await gets(ops, 5);
    expect(titles(ops)).toEqual(expected);
    expect(other.taken).toEqual([]);
    const { headers, body } = ops.taken[0];
    const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['tripline-signature']))!;
    expect(mac).toBe(createHmac('sha256', 'a long secret').update(`${seconds}.${body}`).digest('hex'));
    expect([headers['x-team'], headers['tripline-alert-id']]).toEqual(['fraud', (JSON.parse(body) as { id: string }).id]);
    expect((await view('ops')).sink.webhook).toMatchObject({ secret: '***', headers: { 'X-Team': '***' } });
  });

  it('that are down hold nobody up, and get all of it in order when they are back, over a kill too', async () => {
    await rig.put('/v1/rules/big', RULE);
    const [down, up] = [await target('down'), await target('up')];
    down.answers.push(...Array.from({ length: 1_000 }, () => 503));
    const expected = await fire(10);
    await gets(up, 10);
    await until(
      () => view('down'),
      ({ status }) => status.state === 'failing' && status.reason?.includes('503') === true,
    );
    expect((await rig.ask<{ status: string }>('GET', '/health/ready')).body.status).toBe('degraded');
    expect((await rig.ask('GET', '/metrics')).text).toContain('tripline_sink_failing{sink="down"} 1');
    await rig.service.kill();
    await rig.service.start();
    down.answers.length = 0;
    await gets(down, 10);
    expect([...new Set(titles(down))]).toEqual(expected);
    await until(
      () => view('down'),
      ({ status }) => status.state === 'delivering',
    );
  }, 60_000);

  it('wait as long as Retry-After says, and pass over what the target refuses for good', async () => {
    const slow = await target('slow');
    slow.answers.push(429, 422);
    const started = Date.now();
    const expected = await fire(2);
    await gets(slow, 1);
    expect(Date.now() - started).toBeGreaterThanOrEqual(900);
    expect(titles(slow)).toEqual(expected.slice(1));
    expect((await view('slow')).status).toMatchObject({ refused: 1, failures: 1 });
  });

  it('atMostOnce: what fails is not tried again', async () => {
    const once = await target('once', {}, { delivery: 'atMostOnce' });
    once.answers.push(503);
    const expected = await fire(2);
    await gets(once, 1);
    expect(titles(once)).toEqual(expected.slice(1));
  });

  it('speak the language of Slack, Teams and PagerDuty', async () => {
    const told = {
      slack: await target('slack', { template: 'slack' }),
      teams: await target('teams', { template: 'teams' }),
      pagerduty: await target('pagerduty', { template: 'pagerduty', routingKey: 'key-1' }),
    };
    const [title] = await fire(1);
    const body = async (at: Target) => (await gets(at, 1), JSON.parse(at.taken[0].body) as unknown);
    expect(await body(told.slack)).toMatchObject({ text: `[high] ${title}` });
    expect(await body(told.teams)).toMatchObject({ type: 'message', attachments: [{ content: { type: 'AdaptiveCard' } }] });
    expect(await body(told.pagerduty)).toMatchObject({
      routing_key: 'key-1',
      event_action: 'trigger',
      payload: { summary: title, severity: 'error', component: 'big' },
    });
  });

  it('are checked', async () => {
    const wrong: [object, string, string][] = [
      [{}, 'sink-target', ''],
      [{ webhook: { url: 'ftp://x' } }, 'invalid-value', '/webhook/url'],
      [{ webhook: { url: 'http://name:password@x' } }, 'invalid-value', '/webhook/url'],
      [{ webhook: { url: 'http://x', headers: { 'Content-Length': '3' } } }, 'invalid-value', '/webhook/headers/Content-Length'],
      [{ webhook: { url: 'http://x' }, delivery: 'exactlyOnce' }, 'unsupported-delivery', '/delivery'],
      [{ webhook: { url: 'http://x', secret: '***' } }, 'invalid-value', '/webhook/secret'],
      [{ webhook: { url: 'http://x', template: 'pagerduty' } }, 'missing-key', '/webhook'],
      [{ kafka: { topic: 't' } }, 'kafka-unavailable', '/kafka'],
    ];
    for (const [document, code, pointer] of wrong) {
      const { status, body } = await rig.json<{ errors: { code: string; pointer: string }[] }>('PUT', '/v1/sinks/wrong', document);
      expect([status, body.errors]).toMatchObject([422, [{ code, pointer }]]);
    }
    const unknown = await rig.json<{ errors: { code: string }[] }>('PUT', '/v1/rules/big', { ...RULE, alert: { to: ['opps'] } });
    expect(unknown.body.errors).toMatchObject([{ code: 'unknown-sink', suggestion: 'ops' }]);
    expect((await rig.ask('DELETE', '/v1/sinks/slow')).status).toBe(204);
    expect((await rig.ask('GET', '/v1/sinks/slow')).status).toBe(404);
  });
});
