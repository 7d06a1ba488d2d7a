/**
 * What an event costs at few and at many keys: one rule in the engine, parsed events made here.
 *
 *   node --expose-gc dist/bench/keys.js [keys=1000000] [mix=w2] [events=2000000]
 *
 * mixes: `w2` card testing (1.5% of the payments small, 1% large; few keys have anything open);
 * `open` every key holds a partial match, and every event is of such a key, uniformly at random.
 */
import { Event } from '../src/engine/event/event.js';
import { Engine } from './support/engine.js';

const [keys, mix, count] = [Number(process.argv[2] ?? 1_000_000), process.argv[3] ?? 'w2', Number(process.argv[4] ?? 2_000_000)];
const BATCH = 20_000;
const START = 1_700_000_000_000;

const rule = {
  key: 'card',
  pattern: [
    { begin: 'small', where: 'amount < 1', times: mix === 'open' ? 1 : 3 },
    { followedBy: 'large', where: 'amount > 500' },
  ],
  within: mix === 'open' ? '1d' : '10m',
  ...(mix === 'w2' && { skip: { strategy: 'pastLast' } }),
};
const engine = new Engine([{ name: 'card-testing', rule }]);
const { layout } = engine;

/** Lehmer's generator with the multiplier of Park and Miller: the same events each time. */
let seed = 42;
const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;

let offset = 0;
function event(card: number, amount: number): Event {
  const ts = START + offset;
  const raw = Buffer.from(
    `{"ts":${ts},"type":"payment","id":"p${String(offset).padStart(9, '0')}","card":"card-${String(card).padStart(7, '0')}","amount":${amount.toFixed(2)},"currency":"EUR","merchant":"m${String(card % 5_000).padStart(5, '0')}","country":"FR","channel":"online"}`,
  );
  return new Event(layout, 'events', 0, offset++, ts, raw, layout.decode(raw));
}

function amountOf(): number {
  const kind = random();
  if (mix === 'open') return 1 + random() * 490;
  if (kind < 0.015) return 0.05 + random() * 0.9;
  return kind < 0.025 ? 501 + random() * 1_500 : 1 + random() * 490;
}

/** CPU seconds of the engine's work on the events; making them is not counted. */
function feed(total: number, next: (i: number) => Event): number {
  let microseconds = 0;
  for (let from = 0; from < total; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, total - from) }, (_, i) => next(from + i));
    const before = process.cpuUsage();
    for (const each of batch) engine.process(each);
    const { user, system } = process.cpuUsage(before);
    microseconds += user + system;
  }
  return microseconds / 1e6;
}

const filling = mix === 'open' ? feed(keys, (i) => event(i, 0.5)) : 0;
// Warm, and with as many open as there will be.
feed(count / 4, () => event(Math.floor(random() * keys), amountOf()));
globalThis.gc?.();
const seconds = feed(count, () => event(Math.floor(random() * keys), amountOf()));
globalThis.gc?.();
const { heapUsed, external } = process.memoryUsage();
console.log(
  JSON.stringify({
    mix,
    keys,
    open: engine.keys,
    matches: engine.matches,
    nsPerNewKey: filling === 0 ? null : Math.round((filling / keys) * 1e9),
    nsPerEvent: Math.round((seconds / count) * 1e9),
    stateMb: Math.round((heapUsed + external) / 1e6),
  }),
);
