import {
  checkExpression,
  checkTemplate,
  DEFAULT_LIMITS,
  type ExpressionProblem,
  type ExpressionScope,
} from '../../src/engine/expr/index.js';
import { ERROR_CODES } from '../../src/engine/problem/codes.js';

const PLAIN: ExpressionScope = { event: true, steps: [{ name: 'small', kind: 'many' }] };
const SCHEMA: ExpressionScope = { ...PLAIN, fields: { amount: 'double', cardId: 'string', ok: 'boolean', tags: 'list', device: 'object' } };
const ALERT: ExpressionScope = { event: false, steps: PLAIN.steps, values: ['key'] };

const CASES: readonly (readonly [string, ExpressionScope, readonly Partial<ExpressionProblem>[]])[] = [
  ['', PLAIN, [{ code: 'cel-syntax', position: 0 }]],
  ['1 +', PLAIN, [{ code: 'cel-syntax', position: 2, found: '+' }]],
  ['package == 1', PLAIN, [{ code: 'cel-syntax', position: 0, suggestion: 'event["package"]' }]],
  ['"\\ud800"', PLAIN, [{ code: 'cel-syntax', message: 'surrogate code points are not allowed' }]],
  [
    'foo(1) + bar(2)',
    PLAIN,
    [
      { code: 'unknown-function', found: 'foo' },
      { code: 'unknown-function', found: 'bar' },
    ],
  ],
  ['  sise(small)', PLAIN, [{ code: 'unknown-function', position: 2, suggestion: 'size' }]],
  ['contains(a, b)', PLAIN, [{ code: 'unknown-function', suggestion: 'x.contains(…)' }]],
  ['a.sum()', PLAIN, [{ code: 'unknown-function', suggestion: 'sum(x)' }]],
  ['abs(1)', PLAIN, [{ code: 'unknown-function', suggestion: 'math.abs' }]],
  ['size(1, 2)', PLAIN, [{ code: 'wrong-argument-count', found: '2', expected: '1' }]],
  ['a.replace("b")', PLAIN, [{ code: 'wrong-argument-count', found: '1', expected: '2 to 3' }]],
  ['a.all(x)', PLAIN, [{ code: 'wrong-argument-count', expected: 'list.all(x, condition)' }]],
  ['has(1)', PLAIN, [{ code: 'wrong-argument-count' }]],
  ['x == 9007199254740993', PLAIN, [{ code: 'integer-too-large', suggestion: 'int("9007199254740993")' }]],
  ['-9007199254740993', PLAIN, [{ code: 'integer-too-large' }]],
  ['1u', PLAIN, [{ code: 'cel-unsupported', suggestion: '1' }]],
  ['Foo{a: 1}', PLAIN, [{ code: 'cel-unsupported' }]],
  ['a.matches("(")', PLAIN, [{ code: 'invalid-regex' }]],
  ['amout > 1', SCHEMA, [{ code: 'field-unknown', position: 0, found: 'amout', suggestion: 'amount' }]],
  ['event.amout > 1 || has(amout)', SCHEMA, [{ code: 'field-unknown', suggestion: 'amount' }, { code: 'field-unknown' }]],
  ['smal.size() > 1', SCHEMA, [{ code: 'field-unknown', suggestion: 'small' }]],
  ['first(small).amout == 1', SCHEMA, [{ code: 'field-unknown', suggestion: 'amount' }]],
  ['small.map(e, e.amout)', SCHEMA, [{ code: 'field-unknown', suggestion: 'amount' }]],
  ['event["$key"] == "a" && device.any == 1', SCHEMA, []],
  ['amount == "1"', SCHEMA, [{ code: 'type-mismatch', found: 'a number and a string' }]],
  ['amount > "1"', SCHEMA, [{ code: 'type-mismatch' }]],
  ['amount < null', SCHEMA, [{ code: 'type-mismatch' }]],
  ['amount == null && cardId != null', SCHEMA, []],
  ['ok && amount', SCHEMA, [{ code: 'type-mismatch' }]],
  ['!cardId', SCHEMA, [{ code: 'type-mismatch' }]],
  ['cardId * 2', SCHEMA, [{ code: 'type-mismatch' }]],
  ['cardId + amount', SCHEMA, [{ code: 'type-mismatch' }]],
  ['cardId + "x" == cardId && tags + tags == tags && size(tags) > 1', SCHEMA, []],
  ['sum(small.map(e, e.amount)) > "3"', SCHEMA, [{ code: 'type-mismatch' }]],
  ['amount == "1"', PLAIN, []],
  ['amount', ALERT, [{ code: 'unknown-name', found: 'amount' }]],
  ['event.x', ALERT, [{ code: 'unknown-name', message: 'there is no current event here' }]],
  ['smal.size()', ALERT, [{ code: 'unknown-name', suggestion: 'small' }]],
  ['key + small[0].x', ALERT, []],
];

it.each(CASES)('%s', (source, scope, expected) => {
  const problems = checkExpression(source, scope);
  expect(problems).toMatchObject(expected);
  expect(problems).toHaveLength(expected.length);
  for (const { code } of problems) expect(Object.keys(ERROR_CODES)).toContain(code);
});

it.each([
  ['a ${key} b ${size(small)} $${x}', []],
  ['a ${key', [{ code: 'cel-syntax', position: 2 }]],
  [
    'a ${kex} and ${foo(1)}',
    [
      { code: 'unknown-name', position: 4, suggestion: 'key' },
      { code: 'unknown-function', position: 15 },
    ],
  ],
  ['${}', [{ code: 'cel-syntax', position: 2 }]],
  ['x'.repeat(5000), [{ code: 'expression-too-long' }]],
])('template %s', (source, expected) => {
  expect(checkTemplate(source, ALERT)).toMatchObject(expected);
});

it('keeps to the limits given', () => {
  const limits = { ...DEFAULT_LIMITS, maxLength: 10, maxNesting: 2 };
  expect(checkExpression('x'.repeat(11), PLAIN, limits)).toMatchObject([{ code: 'expression-too-long' }]);
  expect(checkExpression('(((x)))', PLAIN, limits)).toMatchObject([{ code: 'expression-too-deep', position: 2 }]);
  expect(checkExpression('((x))', PLAIN, limits)).toEqual([]);
});
