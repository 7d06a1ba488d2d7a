import { StormWatch } from '../../src/service/triage/storm-watch.js';

/** Looks at the counts of one rule, [ms, alerts] each; when it stormed. */
function storms(limit: number, looks: readonly (readonly [number, number])[]): number[] {
  const watch = new StormWatch(limit);
  return looks.flatMap(([at, alerts]) => (watch.look([{ rule: 'r', alerts }], at).length > 0 ? [at] : []));
}

it.each<[string, [number, number][], number[]]>([
  [
    'what was before the first look does not count',
    [
      [0, 1_000],
      [1_000, 1_010],
    ],
    [],
  ],
  [
    'more than the limit at once',
    [
      [0, 0],
      [1_000, 11],
      [2_000, 11],
    ],
    [1_000, 2_000],
  ],
  [
    'exactly the limit is none',
    [
      [0, 0],
      [1_000, 10],
    ],
    [],
  ],
  [
    'over within a minute, little by little',
    [
      [0, 0],
      [20_000, 4],
      [40_000, 8],
      [59_000, 12],
    ],
    [59_000],
  ],
  [
    'the same in longer than a minute is none',
    [
      [0, 0],
      [30_000, 6],
      [61_000, 6],
      [91_000, 12],
    ],
    [],
  ],
  [
    'it is over a minute later',
    [
      [0, 0],
      [1_000, 20],
      [60_000, 20],
      [61_000, 20],
      [62_000, 20],
    ],
    [1_000, 60_000],
  ],
  [
    'a count that begins anew',
    [
      [0, 0],
      [1_000, 8],
      [2_000, 2],
      [3_000, 9],
    ],
    [],
  ],
])('%s', (_, looks, expected) => {
  expect(storms(10, looks)).toEqual(expected);
});

it('rules are counted apart, and forgotten with the rule', () => {
  const watch = new StormWatch(10);
  const rules = (a: number, b: number) => [
    { rule: 'a', alerts: a },
    { rule: 'b', alerts: b },
  ];
  expect(watch.look(rules(0, 0), 0)).toEqual([]);
  expect(watch.look(rules(9, 11), 1)).toEqual(['b']);
  expect(watch.look(rules(9, 0).slice(0, 1), 2)).toEqual([]);
  expect(watch.look(rules(9, 10), 3)).toEqual([]);
  expect(watch.look(rules(9, 11), 4)).toEqual(['b']);
});
