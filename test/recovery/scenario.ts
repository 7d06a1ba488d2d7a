import { setTimeout as delay } from 'node:timers/promises';
import type { Service } from '../support/service.js';

/** A small seeded generator (mulberry32): the seed printed with a failure gives the same run again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What is registered and sent; the same for the run that is killed and the one that is not. */
export interface Scenario {
  readonly streams: readonly { readonly name: string }[];
  readonly rules: readonly { readonly id: string }[];
  readonly requests: readonly { readonly stream: string; readonly body: string }[];
}

const STREAM = {
  name: 'payments',
  id: 'id',
  time: { field: 'ts', format: 'epochMillis' },
  outOfOrderness: '2s',
  idleAfter: 'never',
  quietAfter: 'never',
  dedupe: { for: '1m' },
};

const RULES = [
  {
    id: 'card-testing',
    from: 'payments',
    key: 'card',
    pattern: [
      { begin: 'small', where: 'amount < 10', times: { min: 2 } },
      { followedBy: 'large', where: 'amount > 90' },
    ],
    within: '10m',
    skip: 'pastLast',
    alert: { title: '${size(small)} before ${large.amount}', fields: { total: 'sum(small.map(e, e.amount))' } },
  },
  {
    id: 'silence',
    from: 'payments',
    key: 'card',
    pattern: [
      { begin: 'seen', where: 'amount > 50' },
      { notFollowedBy: 'again', where: 'amount > 97' },
    ],
    within: '20s',
    suppress: { for: '2m' },
  },
  {
    id: 'pairs',
    from: 'payments',
    key: ['card', 'shop'],
    timeouts: true,
    pattern: [
      { begin: 'a', where: 'amount > 30' },
      { followedByAny: 'b', where: 'amount > a.amount' },
    ],
    within: '1m',
  },
  {
    id: 'velocity',
    from: 'payments',
    key: 'card',
    window: { sliding: { size: '20s', every: '7s' } },
    select: { payments: 'count()', large: 'count(amount > 80)', mean: 'avg(amount)' },
    having: 'payments > 5',
    suppress: { for: '30s' },
  },
  { id: 'spells', from: 'payments', key: 'card', window: { session: '3s' }, select: { total: 'sum(amount)' }, having: 'total > 100' },
  {
    id: 'last-ten',
    from: 'payments',
    key: ['card', 'shop'],
    window: { count: { size: 10, every: 4 } },
    select: { highest: 'max(amount)', lowest: 'min(amount)' },
  },
];

/** Rules that use keys of one and two parts, absence, time-outs, suppression; a stream with late and repeated events. */
export function knownScenario(random: () => number, requests: number): Scenario {
  return { streams: [STREAM], rules: RULES, requests: bodies(random, requests).map((body) => ({ stream: STREAM.name, body })) };
}

/** Bodies of NDJSON: times wander, some events are late, repeated, or no JSON at all. */
function bodies(random: () => number, requests: number): string[] {
  const result: string[] = [];
  let time = 1_700_000_000_000;
  let number = 0;
  for (let request = 0; request < requests; request++) {
    const lines: string[] = [];
    for (let line = 1 + Math.floor(random() * 60); line > 0; line--) {
      time += Math.floor(random() * 400);
      const jitter = random() < 0.02 ? -60_000 : -Math.floor(random() * 1_500);
      const id = random() < 0.03 && number > 0 ? number - 1 : number++;
      const event = {
        id: `e${id}`,
        ts: time + jitter,
        card: `c${Math.floor(random() * 12)}`,
        shop: Math.floor(random() * 2),
        amount: Math.floor(random() * 100),
      };
      lines.push(random() < 0.01 ? '{"broken' : JSON.stringify(event));
    }
    result.push(lines.join('\n'));
  }
  return result;
}

/** What must not depend on crashes. */
export interface Outcome {
  readonly alerts: readonly string[];
  readonly deadLetters: readonly string[];
  readonly suppressed: number;
  readonly ghostAlerts: number;
}

const CALL_LIMIT_MS = 60_000;

/** Plays a scenario as a careful client: every call is tried again until it is answered, events with their Idempotency-Key. */
export class Client {
  constructor(
    readonly service: Service,
    /** Called when the service is gone; brings it back. */
    readonly revive: () => Promise<void>,
  ) {}

  async call(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Response> {
    const limit = Date.now() + CALL_LIMIT_MS;
    for (;;) {
      if (!this.service.running) await this.revive();
      try {
        const response = await fetch(this.service.url(path), { method, body, headers });
        if (![409, 429, 503].includes(response.status) || (response.status === 409 && headers['idempotency-key'] === undefined))
          return response;
      } catch {
        // Killed while it answered: asked again below.
      }
      if (Date.now() > limit) throw new Error(`${method} ${path} was not answered in time:\n${this.service.output.slice(-3000)}`);
      await delay(20);
    }
  }

  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.call(method, path, body === undefined ? undefined : JSON.stringify(body), {
      'content-type': 'application/json',
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  async list<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    for (let cursor: string | null | undefined = ''; cursor !== undefined && cursor !== null; ) {
      const page: { items: T[]; nextCursor?: string | null } = await this.json(
        'GET',
        `${path}${path.includes('?') ? '&' : '?'}${cursor === '' ? '' : `cursor=${cursor}`}`,
      );
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }
}

/** After all events and deadlines, and no later than now: what lies far in the future is refused. */
export const CLOSING_TIME = 1_790_000_000_000;

/** Registers, sends everything, closes with a watermark, and reads what came of it. */
export async function play(
  client: Client,
  { streams, rules, requests }: Scenario,
  between: (request: number) => Promise<void> = async () => {},
): Promise<Outcome> {
  for (const stream of streams) await client.json('PUT', `/v1/streams/${stream.name}`, stream);
  for (const rule of rules) await client.json('PUT', `/v1/rules/${rule.id}`, rule);
  for (const [number, { stream, body }] of requests.entries()) {
    const response = await client.call('POST', `/v1/streams/${stream}/events`, body, {
      'content-type': 'application/x-ndjson',
      'idempotency-key': `request-${number}`,
    });
    if (!response.ok) throw new Error(`events: ${response.status} ${await response.text()}`);
    await between(number);
  }
  for (const { name } of streams) await client.json('POST', `/v1/streams/${name}/watermark`, { time: CLOSING_TIME });
  return outcome(client, rules);
}

async function outcome(client: Client, rules: Scenario['rules']): Promise<Outcome> {
  const alerts = await client.list<{ id: string }>('/v1/alerts?limit=200');
  const letters = await client.list<{ code: string; raw?: string }>('/v1/dead-letters?limit=200');
  let suppressed = 0;
  for (const { id } of rules) suppressed += (await client.json<{ suppressed: number }>('GET', `/v1/rules/${id}/stats`)).suppressed;
  const metrics = await (await client.call('GET', '/metrics')).text();
  const ghostAlerts = Number(/^tripline_ghost_alerts(?:_total)?(?:\{[^}]*\})? (\d+)/m.exec(metrics)?.[1] ?? Number.NaN);
  return {
    alerts: alerts.map(({ id }) => id).sort(),
    deadLetters: letters.map(({ code, raw }) => `${code} ${raw}`).sort(),
    suppressed,
    ghostAlerts,
  };
}
