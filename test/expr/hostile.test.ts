import { CelError } from '../../src/engine/event/cel-error.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { checkExpression, ExpressionTableBuilder } from '../../src/engine/expr/index.js';
import { codes, evaluate, eventOf, ON_EVENT } from './support.js';

/** Names that reach out of a value in JavaScript. */
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '__defineGetter__',
  'valueOf',
  'length',
  'fields',
  'layout',
  'raw',
  'message',
];

describe('no way out of the data', () => {
  it.each(NAMES)('%s is own data only', (name) => {
    for (const source of [
      name,
      `event.${name}`,
      `event["${name}"]`,
      `device.${name}`,
      `device["${name}"]`,
      `event["${name.slice(0, 2)}" + "${name.slice(2)}"]`,
      `text["${name}"]`,
      `tags["${name}"]`,
      `{"a": 1}.${name}`,
      `dyn(event).${name}`,
    ]) {
      expect(evaluate(source, { device: {}, text: 'x', tags: [1] })).toBeInstanceOf(CelError);
    }
    for (const source of [`has(${name})`, `has(device.${name})`, `"${name}" in device`, `"${name}" in event`, `has(event["${name}"])`]) {
      expect(evaluate(source, { device: {} })).toBe(false);
    }
    expect(
      evaluate(`${name} == 1 && event["${name}"] == 1 && device.${name} == 2 && has(${name})`, `{"${name}": 1, "device": {"${name}": 2}}`),
    ).toBe(true);
  });

  it.each([
    'constructor.constructor("return process")()',
    'x.constructor("return 1")',
    'globalThis.process',
    'process.exit(1)',
    'require("fs")',
    'eval("1")',
    'Function("return 1")()',
    'this',
    '(() => 1)()',
    'a = 1',
    'a; b',
    '`x`',
    '${1}',
    'x => x',
    'new Date()',
    'e',
    'm',
    'h',
    'runtime',
    't0',
    'x0',
    'k0',
    'thrown(1)',
    'field(e, 1)',
  ])('%s is refused or a missing field', (source) => {
    const problems = checkExpression(source, ON_EVENT);
    if (problems.length === 0) expect(evaluate(source, {})).toBeInstanceOf(CelError);
    else expect(problems[0].code).toMatch(/^(cel-syntax|unknown-function)$/);
  });

  it.each([
    '"); process.exit(1); ("',
    '${process.exit(1)}',
    '`${1}`',
    '\\", process',
    '*/ x /*',
    '//',
    '\u2028\u2029',
    '</script>',
    "'+process+'",
    '\\u0022',
    '\n',
  ])('text %j stays text', (text) => {
    expect(evaluate(JSON.stringify(text), {})).toBe(text);
    expect(evaluate(`{${JSON.stringify(text)}: 1}[${JSON.stringify(text)}]`, {})).toBe(1);
    expect(evaluate(`event[${JSON.stringify(text)}]`, { [text]: 5 })).toBe(5);
    expect(evaluate(`x in [${JSON.stringify(text)}]`, { x: text })).toBe(true);
  });

  it('a step may have any name', () => {
    const name = '"];process.exit(1);//`${';
    expect(
      evaluate(
        'a.b',
        {},
        {
          event: true,
          steps: [
            { name: 'a', kind: 'one' },
            { name, kind: 'one' },
          ],
        },
        [[], []],
      ),
    ).toBeInstanceOf(CelError);
  });
});

describe('bounded work', () => {
  const deep = (open: string, close: string, n: number) => open.repeat(n) + '1' + close.repeat(n);
  const HOSTILE: readonly (readonly [string, string, readonly string[]])[] = [
    ['20,000 parentheses', deep('(', ')', 20_000), ['expression-too-long']],
    ['2,000 parentheses', deep('(', ')', 2000), ['expression-too-deep']],
    ['unclosed brackets', '(['.repeat(500), ['expression-too-deep']],
    ['65 nested lists', deep('[', ']', 65), ['expression-too-deep']],
    ['nested macros', deep('a.map(x,', ')', 100), ['expression-too-deep']],
    ['chained ternaries', `${'a?b:'.repeat(1000)}c`, ['expression-too-deep']],
    ['chained selects', `a${'.b'.repeat(2000)}`, ['expression-too-deep']],
    ['chained sums', `1${'+1'.repeat(2000)}`, ['expression-too-deep']],
    ['many items', `[${'1,'.repeat(2000)}1]`, ['expression-too-large']],
    ['many terms', `a${'||a'.repeat(1300)}`, ['expression-too-large']],
    ['signs', `${'-'.repeat(4000)}1`, []],
    ['brackets in text', JSON.stringify('('.repeat(3000)), []],
    ['brackets in a comment', `1 // ${'('.repeat(3000)}`, []],
    ['a long pattern', `x.matches("${'a'.repeat(2000)}")`, ['invalid-regex']],
    ['repeated repeats', 'x.matches("((a{100}){100}){100}")', ['invalid-regex']],
    ['backreference', 'x.matches("(a)\\\\1")', ['invalid-regex']],
  ];

  it.each(HOSTILE)('%s', (_, source, expected) => {
    const start = performance.now();
    expect(codes(source)).toEqual(expected);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('matches in linear time', () => {
    const start = performance.now();
    expect(evaluate('x.matches("(a+)+$")', { x: `${'a'.repeat(50_000)}b` })).toBe(false);
    expect(evaluate('x.matches(p)', { x: `${'a'.repeat(50_000)}b`, p: '(a|aa)+$' })).toBe(false);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it.each([
    ['strings by replace', `x${'.replace("a", "aaaaaaaaaa")'.repeat(30)}`],
    ['strings by +', `[x]${'.map(x, x + x)'.repeat(100)}`],
    ['lists by +', `[[1]]${'.map(x, x + x)'.repeat(100)}`],
    ['empty replace', `x${'.replace("", "aaaaaaaaaa")'.repeat(30)}`],
    ['join', `x${'.split("").join("aaaaaaaaaa")'.repeat(30)}`.replace('x', '"ab"')],
  ])('%s do not grow without end', (_, source) => {
    expect(evaluate(source, { x: 'a' })).toBeInstanceOf(CelError);
  });

  const many = Array.from({ length: 20_000 }, (_, i) => i);
  const long = 'a'.repeat(500_000);
  const OVER: readonly (readonly [string, string, unknown])[] = [
    ['nested macros', 'l.all(a, l.all(b, a + b >= 0))', { l: many }],
    ['nested loops', 'sum(l.map(a, sum(l.map(b, a + b))))', { l: many }],
    ['macros with two variables', 'l.all(i, a, l.all(j, b, i + j >= 0))', { l: many }],
    ['lists in lists', 'l.map(a, l + l)', { l: many }],
    ['membership in a macro', 'l.all(a, a in l)', { l: many }],
    ['equality in a macro', 'l.all(a, l == k)', { l: many, k: many }],
    ['sizes of maps in a macro', 'l.all(a, size(m) > 0)', { l: many, m: Object.fromEntries(many.slice(0, 2000).map((i) => [`k${i}`, i])) }],
    ['texts in a macro', 'size(l.map(a, x + x)) > 0', { l: many, x: long }],
    ['replace in a macro', 'l.map(a, x.replace("a", "b")) == []', { l: many, x: long }],
    ['case in a macro', 'l.all(a, x.upperAscii() != "")', { l: many, x: long }],
    ['a long text in a long text', 'x.contains(y)', { x: long, y: `b${'a'.repeat(250_000)}` }],
    ['split at a long text', 'x.split(y) == []', { x: long, y: `${'a'.repeat(100_000)}b${'a'.repeat(100_000)}` }],
    ['patterns in a macro', 'l.all(a, !x.matches("(a|aa)+b"))', { l: many, x: long.slice(0, 1000) }],
    ['formats in a macro', 'l.map(a, "%s%s".format([x, x])) == []', { l: many, x: long }],
    ['quotes', `x${'.split("").map(c, strings.quote(c)).join()'.repeat(20)}`, { x: '"'.repeat(1000) }],
    ['format precision', '"%.999f".format([x])', { x: 1.5 }],
    ['split of a huge text', 'x.split("")', { x: long }],
  ];

  it.each(OVER)('%s end with an error, soon', (_, source, event) => {
    const start = performance.now();
    const result = evaluate(source, event);
    expect(result).toBeInstanceOf(CelError);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('an evaluation that took too much does not weigh on the next', () => {
    expect(evaluate('l.all(a, l.all(b, true))', { l: many })).toBeInstanceOf(CelError);
    expect(evaluate('x == null || x == k', { x: [1], k: [1] })).toBe(true);
    expect(evaluate('x == null', { x: [1] })).toBe(false);
    expect(evaluate('x != "a"', { x: { a: 1 } })).toBe(true);
  });

  it('leaves honest work alone', () => {
    expect(evaluate('l.all(a, l.filter(b, b == a).size() == 1)', { l: many.slice(0, 1000) })).toBe(true);
    expect(evaluate('x.contains("login failed") || x.matches("user=[a-z]+")', { x: `${long} user=me` })).toBe(true);
    expect(evaluate('size(x.split(",")) == 50000', { x: 'a,'.repeat(49_999) })).toBe(true);
  });

  it('trims long white space in linear time', () => {
    const start = performance.now();
    expect(evaluate('x.trim()', { x: `a${' '.repeat(200_000)}b` })).toHaveLength(200_002);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('turns what is thrown into a value', () => {
    const layout = new FieldLayout(20_000);
    const builder = new ExpressionTableBuilder(layout);
    builder.add('a == b', ON_EVENT);
    const nested = deep('[', ']', 15_000);
    expect(builder.build().functions[0](eventOf(layout, `{"a": ${nested}, "b": ${nested}}`), null)).toBeInstanceOf(CelError);
  });
});
