import { growthOf, growthText } from '../../src/engine/pattern/index.js';
import { patternOf, preparePattern } from './support.js';

const A = { begin: 'a', where: 'v == 1' };

/** A pattern, its degree, and events that reach it: the bound is met, not only kept. */
const CASES: readonly [name: string, pattern: readonly object[], degree: number, tight: boolean][] = [
  ['one step', [A], 0, true],
  ['strict sequence', [A, { next: 'b' }, { next: 'c' }, { next: 'd', where: 'false' }], 0, true],
  [
    'strict loop, bounded',
    [
      { ...A, times: 3, loop: 'strict' },
      { next: 'b', where: 'false' },
    ],
    0,
    true,
  ],
  ['relaxed gap', [A, { followedBy: 'b', where: 'false' }], 1, true],
  [
    'strict open loop',
    [
      { ...A, times: { min: 1 }, loop: 'strict' },
      { next: 'b', where: 'false' },
    ],
    1,
    true,
  ],
  [
    'relaxed open loop before next',
    [
      { ...A, times: { min: 1 } },
      { next: 'b', where: 'false' },
    ],
    1,
    true,
  ],
  [
    'relaxed open loop before followedBy',
    [
      { ...A, times: { min: 1 } },
      { followedBy: 'b', where: 'false' },
    ],
    2,
    true,
  ],
  [
    'relaxed open loop, greedy',
    [
      { ...A, times: { min: 1 }, greedy: true },
      { followedBy: 'b', where: 'v == 9' },
    ],
    2,
    false,
  ],
  ['followedByAny', [A, { followedByAny: 'b' }, { followedBy: 'c', where: 'false' }], 2, true],
  ['two followedByAny', [A, { followedByAny: 'b' }, { followedByAny: 'c' }, { followedBy: 'd', where: 'false' }], 3, true],
  [
    'any loop, exact',
    [
      { ...A, times: 3, loop: 'any' },
      { followedBy: 'b', where: 'false' },
    ],
    3,
    true,
  ],
  [
    'any loop, open',
    [
      { ...A, times: { min: 1 }, loop: 'any' },
      { followedBy: 'b', where: 'false' },
    ],
    Infinity,
    true,
  ],
  [
    'group repeated twice',
    [
      { begin: 'g', times: 2, group: [A, { followedByAny: 'b' }] },
      { followedBy: 'c', where: 'false' },
    ],
    3,
    false,
  ],
  [
    'group without end, any gap inside',
    [
      { begin: 'g', times: { min: 1 }, group: [A, { followedByAny: 'b' }] },
      { followedBy: 'c', where: 'false' },
    ],
    Infinity,
    false,
  ],
  [
    'group without end, rounds of one length',
    [
      { begin: 'g', times: { min: 1 }, loop: 'strict', group: [A, { next: 'b' }] },
      { next: 'c', where: 'false' },
    ],
    1,
    true,
  ],
  [
    'group without end, rounds of several lengths',
    [
      { begin: 'g', times: { min: 1 }, loop: 'strict', group: [{ ...A, optional: true }, { next: 'b' }] },
      { next: 'c', where: 'false' },
    ],
    Infinity,
    false,
  ],
  [
    'oneOf without end: an event that fits both branches',
    [
      { begin: 'o', times: { min: 1 }, loop: 'strict', oneOf: [A, { begin: 'b' }] },
      { next: 'c', where: 'false' },
    ],
    Infinity,
    true,
  ],
  ['oneOf, once', [A, { followedBy: 'o', oneOf: [{ begin: 'x' }, { begin: 'y' }] }, { followedBy: 'c', where: 'false' }], 1, false],
  [
    'loop before an absence',
    [
      { ...A, times: { min: 1 } },
      { notFollowedBy: 'n', where: 'false', for: '1h' },
    ],
    2,
    true,
  ],
  [
    'loop before an absence at the end',
    [
      { ...A, times: { min: 1 } },
      { notFollowedBy: 'n', where: 'false' },
    ],
    2,
    true,
  ],
  ['absence at the end', [A, { notFollowedBy: 'n', where: 'false' }], 1, true],
];

/** Open partial matches after n events. */
function open(pattern: readonly object[], n: number): number {
  const { matcher, out, eventOf } = preparePattern(patternOf({ pattern, within: '1h' }));
  const state = matcher.createState();
  for (let index = 0; index < n; index++) matcher.processEvent(state, eventOf({ ts: index, v: 1 } as { ts: number }, index), out);
  return matcher.describe(state).length;
}

describe('the growth law holds on the matcher', () => {
  it.each(CASES)('%s', (_, pattern, degree, tight) => {
    expect(growthOf(patternOf({ pattern, within: '1h' }).steps).degree).toBe(degree);
    const [small, large] = degree === Infinity ? [6, 12] : [12, 24];
    const ratio = (open(pattern, large) + 1) / (open(pattern, small) + 1);
    const bound = degree === Infinity ? 2 ** (large - small) : (large / small) ** degree;
    // Lower terms let a polynomial grow somewhat faster than its degree at first.
    expect(ratio).toBeLessThanOrEqual(bound * 1.6);
    if (tight) expect(ratio).toBeGreaterThan(bound * 0.6);
  });
});

it('is told in words, with the time that bounds it', () => {
  const pattern = [A, { followedByAny: 'b' }, { followedBy: 'c' }];
  expect(growthText(patternOf({ pattern, within: '10m' }))).toBe(
    'polynomial: at most c · n^2 open partial matches for n events of a key, because of `b`; n counts the events of 10m',
  );
  expect(growthText(patternOf({ pattern: [A, { next: 'b' }] }))).toBe(
    'constant: without a gap to wait in, each event moves a partial match on or ends it; n counts all events of the key, since there is no `within`',
  );
});
