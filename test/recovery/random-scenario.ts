import { readRule } from '../../src/engine/rule/index.js';
import type { Scenario } from './scenario.js';

const STREAMS = [
  { name: 'clicks', id: 'id', source: { http: { partitions: 2 } }, partitionedBy: 'user' },
  { name: 'orders', id: 'id', dedupe: { for: '30s' } },
];
const TIMES = { time: { field: 'ts', format: 'epochMillis' }, outOfOrderness: '1s', idleAfter: 'never', quietAfter: 'never' };

/** Three rules of random patterns over two streams with random events. */
export function randomScenario(random: () => number, requests: number): Scenario {
  const one = <T>(...choices: T[]): T => choices[Math.floor(random() * choices.length)];
  return {
    streams: STREAMS.map((stream) => ({ ...stream, ...TIMES })),
    rules: [1, 2, 3].map((number) => validRule(`random-${number}`, one)),
    requests: randomRequests(random, requests),
  };
}

type Choose = <T>(...choices: T[]) => T;

/** Draws until the reader of rules takes one. */
function validRule(id: string, one: Choose): { readonly id: string } {
  for (;;) {
    const rule = {
      id,
      from: one<string | string[]>('clicks', 'orders', ['clicks', 'orders'], ['orders', 'clicks']),
      key: one('user', 'user', 'shop'),
      pattern: randomPattern(one),
      within: one('2s', '10s', '30s'),
      skip: one<string | object>('noSkip', 'pastLast', 'toNext', { strategy: 'toFirst', step: 's0' }),
      timeouts: one(true, false),
      ...one({}, {}, { suppress: { for: '20s' } }),
    };
    if (readRule(rule, {}).rule !== undefined) return rule;
  }
}

function randomPattern(one: Choose): object[] {
  const steps: object[] = [{ begin: 's0', where: one('v > 4', 'v < 3', 'kind == "a"'), ...one({}, {}, { times: { min: 2, max: 3 } }) }];
  const count = one(1, 2, 2, 3);
  for (let step = 1; step <= count; step++) {
    const link = one('next', 'followedBy', 'followedBy', 'followedByAny', 'notFollowedBy', 'notNext');
    const where = one('v > 5', 'v < 5', 'kind == "b"', 'v > first(s0).v', 'kind != first(s0).kind');
    const more = link.startsWith('not') ? {} : one<object>({}, {}, { optional: true }, { times: { min: 1, max: 2 } }, { loop: 'relaxed' });
    steps.push({ [link]: `s${step}`, where, ...more });
  }
  return steps;
}

/** Times wander; some events are late, repeated, or no JSON at all. */
function randomRequests(random: () => number, count: number): Scenario['requests'] {
  let time = 1_700_000_000_000;
  let number = 0;
  return Array.from({ length: count }, () => {
    const lines: string[] = [];
    for (let line = 1 + Math.floor(random() * 40); line > 0; line--) {
      time += Math.floor(random() * 250);
      const ts = time - (random() < 0.02 ? 30_000 : Math.floor(random() * 800));
      const id = random() < 0.03 && number > 0 ? number - 1 : number++;
      const [user, shop, v] = [6, 3, 10].map((choices) => Math.floor(random() * choices));
      const event = { id: `e${id}`, ts, user: `u${user}`, shop, v, kind: random() < 0.5 ? 'a' : 'b' };
      lines.push(random() < 0.01 ? 'no JSON' : JSON.stringify(event));
    }
    return { stream: random() < 0.5 ? 'clicks' : 'orders', body: lines.join('\n') };
  });
}
