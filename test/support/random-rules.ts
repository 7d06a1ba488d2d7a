/** Random rules of all kinds and random events for them: what can be indexed and what cannot, errors, keys that are none. */
import fc from 'fast-check';
import { readRule } from '../../src/engine/rule/index.js';

const wheres = [
  'kind == "a"',
  'kind == "b" && v > 1',
  'kind in ["a", "c"] && v <= 2',
  'v >= 2',
  'v > 1 && v < 3',
  'kind != "a"',
  'kind.startsWith("c") || v == 0',
  'size(kind) > 0 && kind == "d"',
  'has(event.v) && v != 1',
  'kind == "a" || kind == "b"',
  'kind == "s" && event.ts > 0',
];
const where = fc.constantFrom(...wheres);
const against = fc.constantFrom('v == a.v', 'kind == "b" && v > a.v', 'v >= a.v && kind != "x"');
const within = fc.constantFrom('5ms', '12ms', '40ms');
const begin = fc.record(
  { begin: fc.constant('a'), where, from: fc.constantFrom('s', 's', 't') },
  { requiredKeys: ['begin'], noNullPrototype: true },
);

const patterns = fc.oneof(
  fc.tuple(begin, fc.oneof(where, against)).map(([a, w]) => [a, { followedBy: 'b', where: w }]),
  fc.tuple(begin, where, where).map(([a, b, c]) => [a, { next: 'b', where: b }, { followedByAny: 'c', where: c }]),
  fc.tuple(begin, where).map(([a, b]) => [a, { notFollowedBy: 'b', where: b }]),
  fc.tuple(begin, where, where).map(([a, n, c]) => [a, { notFollowedBy: 'n', where: n }, { followedBy: 'c', where: c }]),
  fc.tuple(begin, where, where).map(([a, n, c]) => [a, { notNext: 'n', where: n }, { followedBy: 'c', where: c }]),
  fc.tuple(where, where, fc.boolean(), fc.constantFrom('strict', 'relaxed', 'any')).map(([a, b, greedy, loop]) => [
    { begin: 'a', where: a, times: { min: 2, max: 3 }, loop, ...(greedy && { greedy }) },
    { followedBy: 'b', where: b },
  ]),
  fc
    .tuple(begin, where, where, where)
    .map(([a, b, u, c]) => [a, { followedBy: 'b', where: b, times: { min: 1 }, until: u }, { followedBy: 'c', where: c }]),
  fc.tuple(begin, where, where).map(([a, b, c]) => [a, { followedBy: 'b', where: b, optional: true }, { followedBy: 'c', where: c }]),
);

const patternRule = fc.record(
  {
    pattern: patterns,
    within,
    skip: fc.constantFrom('noSkip', 'pastLast', 'toNext'),
    timeouts: fc.boolean(),
    suppress: fc.constant({ for: '9ms' }),
    limits: fc.constantFrom({ keptEvents: 3 }, { keptEvents: 3, onLimit: 'pause' }, { keptEvents: 2, onLimit: 'dropNewest' }),
  },
  { requiredKeys: ['pattern', 'within', 'skip'], noNullPrototype: true },
);
const windowRule = fc.record({
  window: fc.constantFrom(
    { tumbling: '10ms' },
    { sliding: { size: '12ms', every: '5ms' } },
    { session: '4ms' },
    { count: { size: 3, every: 2 } },
  ),
  select: fc.constant({ n: 'count()', total: 'sum(v)' }),
  having: fc.constantFrom('n > 1', 'total > 2.0'),
});
/** A rule without its id; it reads `s`, or `s` and `t`. */
export const ruleBody = fc
  .tuple(
    fc.oneof({ arbitrary: patternRule, weight: 5 }, { arbitrary: windowRule, weight: 1 }),
    fc.boolean(),
    fc.constantFrom('k', 'k', 'k', undefined),
  )
  .map(([body, both, key]) => {
    const usesT = both || JSON.stringify(body).includes('"from":"t"');
    return { ...body, from: usesT ? ['s', 't'] : 's', ...(key !== undefined && { key }) };
  })
  // Some combinations say nothing and are refused.
  .filter((drawn) => readRule({ id: 'r', ...drawn }, {}).rule !== undefined);

/** `gap`: ms since the event before it. */
export const event = fc.record({
  to: fc.constantFrom('s', 's', 't'),
  gap: fc.constantFrom(0, 1, 1, 2, 6),
  value: fc.record(
    {
      k: fc.constantFrom<unknown>('x', 'x', 'y', 7, null),
      kind: fc.constantFrom('a', 'a', 'b', 'b', 'c', 'd', 'x'),
      v: fc.constantFrom<unknown>(0, 1, 2, 3, 'text'),
    },
    { requiredKeys: ['kind'], noNullPrototype: true },
  ),
});
