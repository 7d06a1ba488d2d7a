import fc from 'fast-check';
import { conditionWarnings, type ExpressionScope } from '../../src/engine/expr/index.js';
import { evaluate } from './support.js';

const SCOPE: ExpressionScope = {
  event: true,
  steps: [
    { name: 'b', kind: 'many' },
    { name: 'one', kind: 'one' },
  ],
};

it.each([
  ['x > 5 && x < 3', 'never true: `x > 5` and `x < 3` exclude each other'],
  ['x > 5 && y == 1 && 3 > x', 'never true: `x > 5` and `x < 3` exclude each other'],
  ['x >= 5 && x < 5', 'never true'],
  ['x == 1 && x == 2', 'never true: `x == 1` and `x == 2` exclude each other'],
  ['x == "a" && x != "a"', 'never true'],
  ['x == "a" && x > 1', 'never true'],
  ['x > "b" && x < "a"', 'never true'],
  ['x > "b" && x < 5', 'never true'],
  ['x in ["a", "b"] && x == "c"', 'never true: `x in ["a","b"]` and `x == "c"` exclude each other'],
  ['x in ["a", "b"] && x in ["c"]', 'never true'],
  ['type == "a" && type == "b"', 'never true'],
  ['x > one.x && x < one.x', 'never true: `x > one.x` and `x < one.x` exclude each other'],
  ['x == first(b).x && x != first(b).x', 'never true'],
  ['1 > 2', 'the condition is never true: it looks at no event'],
  ['false', 'never true'],
  ['1 < "a"', 'never true: no such overload'],
  ['x && 1 > 2', 'never true'],
  ['true', 'the condition is always true: it looks at no event'],
  ['1 + 1 == 2', 'always true'],
  ['!(1 > 2)', 'always true'],
  ['x == 1 || 2 > 1', 'always true'],
  ['x != 1 || x != 2', 'always true: `x != 1` or `x != 2` holds for every `x`'],
  ['x < 5 || x >= 5', 'always true'],
  ['y == 1 || (x > 5 && x < 3)', 'a part of the condition is never true: `x > 5` and `x < 3` exclude each other'],
  ['y == 1 && (x != 1 || x != 2)', 'a part of the condition is always true'],
  ['1', 'never true: it gives no true or false'],
])('%s: %s', (source, message) => {
  const [warning, ...more] = conditionWarnings(source, SCOPE);
  expect(warning.message).toContain(message);
  expect(warning.code).toBe(message.includes('always') ? 'always-true' : 'always-false');
  expect(more).toEqual([]);
});

it.each([
  'x > 5 && x < 7',
  'x >= 5 && x <= 5',
  'x > 5 && x > 3',
  'x != 1 && x != 2',
  'x > 5 && y < 3',
  'x == 1 || x == 2',
  'x > 5 || x < 3',
  'x != 1 && x > 0',
  'x in [1, 2] && x > 1',
  'x > one.x && x != one.x',
  'x > first(b).x && x < last(b).x',
  'x >= one.x && x <= one.x',
  'x != null && x > 1',
  'x.y > 5 && x.z < 3',
  'size(b) == 0 || v > last(b).v',
  'x <',
])('%s draws none', (source) => {
  expect(conditionWarnings(source, SCOPE)).toEqual([]);
});

/** A warning must be right: over many values, no condition that is said never to hold holds. */
it('agrees with evaluation', () => {
  const VALUES = [-1, 0, 1, 1.5, 2, 3, 'a', 'b', 'c', true, null];
  const comparison = fc
    .tuple(fc.constantFrom('==', '!=', '<', '<=', '>', '>='), fc.constantFrom('0', '1', '2', '"a"', '"b"', 'null', 'true'))
    .map(([op, literal]) => `x ${op} ${literal}`);
  const part = fc.oneof(comparison, fc.constantFrom('x in [1, 2]', 'x in ["a"]', '1 < 2', '1 > 2'));
  fc.assert(
    fc.property(fc.array(part, { minLength: 2, maxLength: 4 }), fc.constantFrom(' && ', ' || '), (parts, join) => {
      const source = parts.join(join);
      const results = VALUES.map((x) => evaluate(source, { x }));
      for (const { code, message } of conditionWarnings(source, SCOPE)) {
        if (message.startsWith('a part')) continue;
        if (code === 'always-false') expect(results).not.toContain(true);
        else expect(results).not.toContain(false);
      }
    }),
    { numRuns: 500 },
  );
});
