import { parse } from 'yaml';
import { AfterMatchSkipStrategy, type AnyEvent, Pattern } from '../../src/engine/pattern/builder/index.js';
import { readPattern, toBuilder, toDocument, toYaml } from '../../src/engine/pattern/index.js';
import { runPatternCase } from '../../src/cli/match/pattern-case.js';
import type { Representation } from '../../src/engine/match/select.js';
import { patternOf } from './support.js';

const is = (type: string) => `type == "${type}"`;
/** One letter an event, at 1, 2, 3, …; `.` is an event that fits nothing. */
const events = (letters: string, every = 1) => [...letters].map((type, index) => ({ ts: (index + 1) * every, type }));

describe('what Flink does not have: builder, document and printed texts give one pattern', () => {
  const patterns: readonly (readonly [string, Pattern<AnyEvent, any, any, any>])[] = [
    ['oneOf', Pattern.begin('x').followedBy('c', Pattern.oneOf(Pattern.begin('a').where(is('a')), Pattern.begin('b').next('b2')))],
    [
      'oneOf, repeated',
      Pattern.begin('c', Pattern.oneOf(Pattern.begin('a'), Pattern.begin('b')))
        .times(2, 3)
        .consecutive(),
    ],
    [
      'allOf',
      Pattern.begin('c', Pattern.allOf(Pattern.begin('a'), Pattern.begin('b')), AfterMatchSkipStrategy.skipToNext())
        .optional()
        .next('y'),
    ],
    ['for', Pattern.begin('a').notFollowedBy('x').where(is('x')).for('10ms').followedBy('b')],
    ['distinct', Pattern.begin('a').timesOrMore(3, '5ms').distinct('device.id').greedy()],
  ];

  it.each(patterns)('%s', (_, built) => {
    const pattern = built.build();
    expect(patternOf(JSON.parse(JSON.stringify(toDocument(pattern))))).toEqual(pattern);
    expect(patternOf(parse(toYaml(pattern)))).toEqual(pattern);
    const evaluate = new Function('Pattern', 'AfterMatchSkipStrategy', `return ${toBuilder(pattern)}`);
    expect((evaluate(Pattern, AfterMatchSkipStrategy) as typeof built).build()).toEqual(pattern);
  });
});

describe('what they match', () => {
  const choice = (link: string) => [
    { begin: 'x', where: is('x') },
    {
      [link]: 'c',
      oneOf: [
        { begin: 'a', where: is('a') },
        [
          { begin: 'b', where: is('b') },
          { next: 'd', where: is('d') },
        ],
      ],
    },
  ];
  const each = ['a', 'b', 'c'].map((name) => ({ begin: name, where: is(name) }));
  const cases: readonly (readonly [string, object[], string, string[]])[] = [
    ['oneOf over a relaxed gap: the first event that fits any branch', choice('followedBy'), 'x.bda', ['x0 b2 d3']],
    ['oneOf over a relaxed gap: a branch that fails is not replaced', choice('followedBy'), 'xbad', []],
    ['oneOf over any gap: each event that fits', choice('followedByAny'), 'xabda', ['x0 a1', 'x0 b2 d3', 'x0 a4']],
    ['oneOf next: at once or never', choice('next'), 'x.a', []],
    [
      'oneOf that repeats',
      [
        { begin: 'c', oneOf: each.slice(0, 2), times: 3 },
        { next: 'e', where: is('c') },
      ],
      'ab.ac',
      ['a0,3 b1 e4'],
    ],
    [
      'allOf takes every branch in any order',
      [
        { begin: 'all', allOf: each },
        { next: 'e', where: is('e') },
      ],
      'cc.abe',
      ['c0 a3 b4 e5', 'c1 a3 b4 e5'],
    ],
    ['allOf over strict gaps', [{ begin: 'all', allOf: each, loop: 'strict' }], 'a.bcab', ['b2 c3 a4', 'c3 a4 b5']],
    [
      'allOf of alternations',
      [
        {
          begin: 'all',
          allOf: [
            { begin: 'o', oneOf: each.slice(0, 2) },
            { begin: 'd', where: is('d') },
          ],
        },
      ],
      'dzb',
      ['d0 b2'],
    ],
    [
      'optional oneOf',
      [
        { begin: 'x', where: is('x') },
        { followedBy: 'c', oneOf: each.slice(0, 2), optional: true },
        { next: 'e', where: is('e') },
      ],
      'xe.xae',
      ['x0 a4 e5', 'x0 e1', 'x3 a4 e5'],
    ],
    ['distinct values', [{ begin: 'p', times: { min: 3, max: 3, distinct: 'type' } }], 'aabbc', ['p0,2,4', 'p1,2,4']],
  ];

  it.each(cases)('%s', (_, pattern, letters, expected) => {
    expect(matchesOf(pattern, events(letters))).toEqual([...expected].sort());
  });

  it('an absence with a time of its own holds the pattern back for that long, and forbids only then', () => {
    const pattern = [
      { begin: 'a', where: is('a') },
      { notFollowedBy: 'x', where: is('x'), for: '10ms' },
      { followedBy: 'b', where: is('b') },
    ];
    expect(
      matchesOf(pattern, [
        { ts: 1, type: 'a' },
        { ts: 5, type: 'b' },
        { ts: 11, type: 'b' },
      ]),
    ).toEqual(['a0 b2']);
    expect(
      matchesOf(pattern, [
        { ts: 1, type: 'a' },
        { ts: 10, type: 'x' },
        { ts: 12, type: 'b' },
      ]),
    ).toEqual([]);
    expect(
      matchesOf(pattern, [
        { ts: 1, type: 'a' },
        { ts: 11, type: 'x' },
        { ts: 12, type: 'b' },
      ]),
    ).toEqual(['a0 b2']);
  });

  it('at the end it matches as time passes, for every prefix of a loop, and with steps behind that may be left out', () => {
    const loop = [
      { begin: 'a', where: is('a'), times: { min: 2 } },
      { notFollowedBy: 'x', where: is('x'), for: '10ms' },
    ];
    expect(matchesOf(loop, events('aaa'), 20)).toEqual(['a0,1', 'a0,1,2', 'a1,2']);
    expect(matchesOf(loop, events('aax'), 20)).toEqual([]);
    const behind = [
      { begin: 'a', where: is('a') },
      { notFollowedBy: 'x', where: is('x'), for: '3ms' },
      { next: 'b', where: is('b'), optional: true },
    ];
    expect(matchesOf(behind, events('a..b'), 20)).toEqual(['a0', 'a0 b3']);
  });

  it('an absence that ends with the match is one; in the middle it is out of time', () => {
    const end = {
      pattern: [
        { begin: 'a', where: is('a') },
        { notFollowedBy: 'x', for: '5ms', where: is('x') },
      ],
      within: '5ms',
    };
    expect(play(end, events('a'), 20)).toMatchObject({ matches: [{ before: 1, steps: { a: [0] } }], timeouts: [] });
    const middle = { pattern: [...end.pattern, { next: 'b' }], within: '5ms' };
    expect(play(middle, events('a'), 20)).toMatchObject({ matches: [], timeouts: [{ before: 1, time: 6, steps: { a: [0] } }] });
  });
});

describe('what is refused', () => {
  const a = { begin: 'a' };
  it.each<readonly [string, object, string, string]>([
    ['one branch', { begin: 'c', oneOf: [a] }, 'too-few-branches', '/pattern/0/oneOf'],
    ['no list', { begin: 'c', allOf: a }, 'wrong-type', '/pattern/0/allOf'],
    ['a branch without begin', { begin: 'c', oneOf: [a, { next: 'b' }] }, 'misplaced-link', '/pattern/0/oneOf/1/next'],
    ['an optional head', { begin: 'c', oneOf: [a, [{ begin: 'b', optional: true }]] }, 'optional-branch', '/pattern/0/oneOf/1/0/optional'],
    [
      'an optional head of a group',
      { begin: 'c', oneOf: [a, { begin: 'g', group: [{ begin: 'b', optional: true }, { next: 'd' }] }] },
      'optional-branch',
      '/pattern/0/oneOf/1/group/0/optional',
    ],
    ['two kinds at once', { begin: 'c', oneOf: [a, { begin: 'b' }], group: [a] }, 'not-applicable', '/pattern/0/oneOf'],
    ['until', { begin: 'c', oneOf: [a, { begin: 'b' }], times: { min: 1 }, until: 'true' }, 'until-without-open-loop', '/pattern/0/until'],
    ['a name in two branches', { begin: 'c', oneOf: [a, a] }, 'duplicate-step', '/pattern/0/oneOf/1/begin'],
    ['for on another link', { begin: 'c', for: '1s' }, 'not-applicable', '/pattern/0/for'],
    ['distinct of no field', { begin: 'c', times: { min: 2, distinct: 'a b' } }, 'invalid-field', '/pattern/0/times/distinct'],
    ['distinct on a group', { begin: 'c', group: [a], times: { min: 2, distinct: 'b' } }, 'not-applicable', '/pattern/0/times/distinct'],
    [
      'orders without end',
      { begin: 'c', allOf: Array.from({ length: 12 }, (_, index) => ({ begin: `s${index}` })) },
      'pattern-too-large',
      '/pattern',
    ],
  ])('%s', (_, step, code, pointer) => {
    expect(readPattern({ pattern: [step] }).problems).toContainEqual(expect.objectContaining({ code, pointer }));
  });
});

interface Given {
  readonly ts: number;
  readonly type: string;
}

function play(
  rule: { pattern: readonly object[]; within?: string },
  given: readonly Given[],
  watermark: number,
  representation?: Representation,
) {
  return runPatternCase(JSON.parse(JSON.stringify({ rule, events: given, watermark })), representation);
}

/** In every representation that takes the pattern the same. */
function matchesOf(pattern: readonly object[], given: readonly Given[], watermark = given[given.length - 1].ts): string[] {
  const [chosen, runs] = [undefined, 'runs' as const].map((representation) =>
    play({ pattern }, given, watermark, representation)
      .matches.map(({ steps }) =>
        Object.entries(steps)
          .map(([name, indexes]) => `${name}${indexes.join(',')}`)
          .join(' '),
      )
      .sort(),
  );
  expect(chosen).toEqual(runs);
  return runs;
}
