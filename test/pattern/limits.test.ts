import type { MatcherLimits } from '../../src/engine/match/matcher.js';
import { prepare } from './support.js';

const STARTS = {
  pattern: [
    { begin: 'a', where: 'type == "a"' },
    { followedBy: 'b', where: 'type == "b"' },
  ],
};
const SUBSETS = { pattern: [{ begin: 'a' }, { followedByAny: 'b', times: { min: 1 }, loop: 'any' }] };

function play(rule: typeof STARTS | typeof SUBSETS, limits: MatcherLimits, types: string) {
  const { matcher, out, eventOf } = prepare(rule, limits);
  const state = matcher.createState();
  [...types].forEach((type, index) => matcher.processEvent(state, eventOf({ ts: index, type } as { ts: number }, index), out));
  return { ...out, open: matcher.describe(state).length, kept: matcher.keptEvents(state) };
}

it.each([
  ['dropOldest', ['match@12 a:7 b:12', 'match@12 a:8 b:12', 'match@12 a:9 b:12', 'match@12 a:10 b:12', 'match@12 a:11 b:12']],
  ['dropNewest', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((first) => `match@12 a:${first} b:12`)],
  ['pause', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((first) => `match@12 a:${first} b:12`)],
] as const)('kept events, %s: says what it gave up, and goes on', (onLimit, expected) => {
  const { lines, limits } = play(STARTS, { keptEvents: 10, onLimit }, `${'a'.repeat(12)}b`);
  if (onLimit === 'dropOldest') expect(lines.length).toBeLessThanOrEqual(10);
  else expect(lines).toEqual(expected);
  expect(limits.length).toBeGreaterThan(0);
  expect(limits.every(([name, dropped]) => name === 'keptEvents' && dropped > 0)).toBe(true);
});

it('dropOldest gives up the partial matches that began first', () => {
  const { lines } = play(STARTS, { keptEvents: 10, onLimit: 'dropOldest' }, `${'a'.repeat(12)}b`);
  expect(lines.at(-1)).toBe('match@12 a:11 b:12');
  expect(lines).not.toContain('match@12 a:0 b:12');
});

it('kept bytes are bounded as well', () => {
  const { limits, kept } = play(STARTS, { keptBytes: 200 }, 'a'.repeat(50));
  expect(limits[0][0]).toBe('keptBytes');
  expect(kept).toBeLessThan(50);
});

it('one event cannot make more than so many matches and partial matches', () => {
  const { lines, limits, open } = play(SUBSETS, { matchesPerEvent: 50 }, 'x'.repeat(40));
  expect(lines.length).toBeLessThanOrEqual(40 * 50);
  expect(open).toBeLessThanOrEqual(40 * 50);
  expect(limits.some(([name]) => name === 'matchesPerEvent')).toBe(true);
});

it('without limits nothing is given up', () => {
  expect(play(SUBSETS, {}, 'x'.repeat(8)).limits).toEqual([]);
});
