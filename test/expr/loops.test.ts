import { CelError } from '../../src/engine/event/cel-error.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { type ExpressionScope, ExpressionTableBuilder, type MatchView } from '../../src/engine/expr/index.js';
import { evaluate, eventOf } from './support.js';

const SCOPE: ExpressionScope = {
  event: true,
  steps: [
    { name: 'b', kind: 'many' },
    { name: 'one', kind: 'one' },
  ],
};
const TAKEN = [
  [
    { n: 3, s: 'x' },
    { n: 1, s: 'y' },
    { n: 2, s: 'x' },
  ],
  [{ n: 7 }],
];
const ERROR = Symbol('an error value');

/** Aggregates over map and filter run as one loop; each must give what the list in between would give. */
it.each([
  ['sum(b.map(e, e.n))', 6],
  ['avg(b.map(e, e.n))', 2],
  ['min(b.map(e, e.n))', 1],
  ['max(b.map(e, e.n))', 3],
  ['sum(b.map(e, e.s == "x", e.n))', 5],
  ['size(b.filter(e, e.s == "x"))', 2],
  ['b.filter(e, e.s == "x").size()', 2],
  ['size(b.map(e, e.none))', ERROR],
  ['size(b.filter(e, e.none))', ERROR],
  ['size(b.filter(e, e.n))', ERROR],
  ['sum(b.map(e, e.s))', ERROR],
  ['sum(b.map(e, e.n > 1, e.s))', ERROR],
  ['min(b.filter(e, false).map(e, e.n))', ERROR],
  ['sum(b.filter(e, false).map(e, e.n))', 0],
  ['avg([1].filter(x, false))', ERROR],
  ['sum([1, 2, 3].filter(x, x > 1))', 5],
  ['max({"a": 1, "b": 2}.map(k, size(k)))', 1],
  ['sum(5.map(x, x))', ERROR],
  ['sum(missing.map(x, x))', ERROR],
  ['sum(b.map(e, sum(b.map(f, e.n * f.n))))', 36],
  ['sum(b.map(e, size(b.filter(f, f.n <= e.n))))', 6],
  ['sum([1, big].map(x, x)) > 9007199254740991', true],
  ['max([big].map(x, x))', 9007199254740992],
])('%s', (source, expected) => {
  const result = evaluate(source, '{"big": 9007199254740993}', SCOPE, TAKEN);
  expect(result instanceof CelError ? ERROR : result).toEqual(expected);
});

/** Comparisons with a literal take a short way when the types fit; all others must fall to the general one. */
it.each([
  ['x < 1', [0, 1, '0', null, true], [true, false, ERROR, ERROR, ERROR]],
  ['1 > x', [0, 1, '0', null, true], [true, false, ERROR, ERROR, ERROR]],
  ['x == "a"', ['a', 'b', 1, null, ['a']], [true, false, false, false, false]],
  ['"a" != x', ['a', 'b', 1, null, ['a']], [false, true, true, true, true]],
  ['x == false', [false, true, 0, null, ''], [true, false, false, false, false]],
  ['x < "b"', ['a', 'b', 1, null, true], [true, false, ERROR, ERROR, ERROR]],
  ['x == 1', [1, 1.5, '1', null, true], [true, false, false, false, false]],
  ['x == null', [null, 0, '', false, []], [true, false, false, false, false]],
  ['type == "a"', ['a', 'b', 1, null, ['a']], [true, false, false, false, false]],
])('%s', (source, values, expected) => {
  const field = source.includes('type') ? 'type' : 'x';
  expect(values.map((value) => evaluate(source, { [field]: value })).map((v) => (v instanceof CelError ? ERROR : v))).toEqual(expected);
  expect(evaluate(source, {})).toBeInstanceOf(CelError);
});

it('asks for no list where the ends or the size of one are enough', () => {
  const layout = new FieldLayout();
  const builder = new ExpressionTableBuilder(layout);
  for (const source of ['first(b).n', 'last(b).n', 'size(b)', 'b.size()', 'has(b)', 'has(one)', 'one.n']) builder.add(source, SCOPE);
  const match: MatchView = {
    events: () => {
      throw new Error('a list was made');
    },
    first: () => eventOf(layout, { n: 1 }),
    last: () => eventOf(layout, { n: 3 }),
    size: () => 3,
  };
  expect(builder.build().functions.map((evaluate) => evaluate(null, match))).toEqual([1, 3, 3, 3, true, true, 3]);
});
