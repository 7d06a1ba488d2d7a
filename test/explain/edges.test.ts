import { edgePlaces, explainEdges } from '../../src/engine/explain/index.js';
import { preparePattern, patternOf } from '../pattern/support.js';
import type { Match } from '../../src/engine/match/matcher.js';

const is = (type: string) => `type == "${type}"`;
const A = { begin: 'a', where: is('a') };

/** The edges of the first match of a word's events, one a millisecond. */
function edges(pattern: readonly object[], word: string): string {
  const compiled = patternOf({ pattern, within: '1h' });
  const { matcher, eventOf } = preparePattern(compiled);
  const state = matcher.createState();
  const found: Match[] = [];
  const out = { match: (match: Match) => void found.push(match), conditionError: () => {}, limitReached: () => {} };
  [...word].forEach((type, index) => matcher.processEvent(state, eventOf({ ts: index, type } as { ts: number }, index), out));
  return explainEdges(edgePlaces(compiled.steps), found[0].path)
    .map(({ step, taken, edge, waited }) => `${step}${taken.event.offset} ${edge} ${waited ?? ''}`.trim())
    .join(', ');
}

it.each([
  [
    'links',
    [A, { next: 'b' }, { followedBy: 'c', where: is('c') }, { followedByAny: 'd', where: is('d') }],
    'abxcxd',
    'a0 begin, b1 next 1, c3 followedBy 2, d5 followedByAny 2',
  ],
  ['a loop', [{ ...A, times: 3 }, { next: 'b' }], 'aaab', 'a0 begin, a1 loop 1, a2 loop 1, b3 next 1'],
  [
    'an optional step left out',
    [A, { next: 'b', where: is('b'), optional: true }, { followedBy: 'c', where: is('c') }],
    'ac',
    'a0 begin, c1 followedBy 1',
  ],
  [
    "rounds of a group, which takes the group's link",
    [
      A,
      {
        followedBy: 'g',
        times: 2,
        group: [
          { begin: 'x', where: is('x') },
          { next: 'y', where: is('y') },
        ],
      },
    ],
    'axyxy',
    'a0 begin, x1 followedBy 1, y2 next 1, x3 round 1, y4 next 1',
  ],
  ['rounds of one step', [{ begin: 'g', times: 2, group: [A] }], 'aa', 'a0 begin, a1 round 1'],
] as const)('%s', (_, pattern, word, expected) => expect(edges(pattern, word)).toBe(expected));
