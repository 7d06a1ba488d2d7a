import { readRuleDocument, UNPARSEABLE } from '../../src/engine/rule/index.js';

const RULE = 'id: r\nfrom: s\npattern:\n  - begin: a\n';

describe('text that is no document', () => {
  const yaml: [string, string, string, number?, number?][] = [
    ['empty', '', 'invalid-yaml'],
    ['open bracket', 'id: [a', 'invalid-yaml', 1],
    ['a tab', 'id: r\n\tfrom: s', 'invalid-yaml', 2],
    ['a key twice', 'id: r\nid: s\n', 'duplicate-key', 2, 1],
    ['two documents', `${RULE}---\n${RULE}`, 'invalid-yaml', 5],
    ['a tag', 'id: !!js/function "x"', 'invalid-yaml', 1],
    ['flow nesting', `id: ${'['.repeat(100_000)}`, 'document-too-deep', 1],
    ['closed flow nesting', `id: ${'['.repeat(60)}${']'.repeat(60)}`, 'document-too-deep', 1],
    ['map nesting', '{a: '.repeat(50_000), 'document-too-deep', 1],
    ['list nesting', '- '.repeat(100_000), 'document-too-deep', 1],
    ['question nesting', '? '.repeat(100_000), 'document-too-deep', 1],
    ['indentation', Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'), 'document-too-deep'],
    ['large', `${RULE}# ${'x'.repeat(300_000)}`, 'document-too-large'],
    ['a cycle', 'id: &a [*a]', 'document-too-deep'],
    [
      'a bomb',
      [
        'a: &a [x,x,x,x,x,x,x,x,x]',
        ...'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`),
      ].join('\n'),
      'too-many-aliases',
    ],
    ['many aliases', `a: &a x\nb: [${Array(500).fill('*a').join(',')}]`, 'too-many-aliases', 2],
    ['an unknown alias as key', '*nowhere : x', 'invalid-yaml'],
    ['a deep key', `? ${'['.repeat(33)}${']'.repeat(33)}\n: x`, 'document-too-deep'],
    ['an unknown alias', 'id: *nowhere', 'invalid-yaml', 1],
  ];
  it.each(yaml)('YAML: %s', (_name, text, code, ...[line, column]: (number | undefined)[]) => {
    const { rule, document, problems } = readRuleDocument(text, { format: 'yaml' });
    expect(rule).toBeUndefined();
    expect(document).toBeUndefined();
    expect(problems[0].code).toBe(code);
    expect(UNPARSEABLE.has(problems[0].code)).toBe(true);
    if (line !== undefined) expect(problems[0].line).toBe(line);
    if (column !== undefined) expect(problems[0].column).toBe(column);
  });

  const json: [string, string, string, number?][] = [
    ['empty', '', 'invalid-json', 1],
    ['a comma', '{\n  "id": "r",\n}', 'invalid-json', 3],
    ['nesting', `{"id":${'['.repeat(100_000)}`, 'document-too-deep', 1],
    ['large', JSON.stringify({ id: 'x'.repeat(300_000) }), 'document-too-large'],
  ];
  it.each(json)('JSON: %s', (_name, text, code, ...[line]: (number | undefined)[]) => {
    const { problems } = readRuleDocument(text, { format: 'json' });
    expect(problems).toHaveLength(1);
    expect(problems[0].code).toBe(code);
    if (line !== undefined) expect(problems[0].line).toBe(line);
  });

  it("limits are the caller's", () => {
    expect(readRuleDocument(RULE, { format: 'yaml', limits: { maxRuleBytes: 10 } }).problems[0]).toMatchObject({
      code: 'document-too-large',
      expected: 'at most 10 bytes',
    });
    expect(readRuleDocument(RULE, { format: 'yaml', limits: { maxNesting: 2 } }).problems[0].code).toBe('document-too-deep');
    expect(readRuleDocument(RULE, { format: 'yaml', limits: { maxNesting: 3 } }).problems).toEqual([]);
  });
});

describe('what YAML means', () => {
  it('merge keys, dates and yes are plain', () => {
    const { document } = readRuleDocument('a: yes\nb: 2024-01-01\n<<: x\n', { format: 'yaml' });
    expect(document).toEqual({ a: 'yes', b: '2024-01-01', '<<': 'x' });
  });

  it('a few aliases are fine', () => {
    const { problems, rule } = readRuleDocument(
      `id: r\nfrom: s\npattern:\n  - begin: a\n    where: &c x > 1\n  - next: b\n    where: *c\n`,
      { format: 'yaml' },
    );
    expect(problems).toEqual([]);
    expect(rule).toMatchObject({ pattern: { steps: { length: 2 } } });
  });

  it('__proto__ is a key', () => {
    expect(readRuleDocument(`${RULE}__proto__: {x: 1}\n`, { format: 'yaml' }).problems).toMatchObject([
      { code: 'unknown-key', pointer: '/__proto__', line: 5, column: 1 },
    ]);
  });

  it('a byte order mark and carriage returns are fine', () => {
    expect(readRuleDocument(`\ufeff${RULE.replaceAll('\n', '\r\n')}`, { format: 'yaml' }).problems).toEqual([]);
  });
});

describe('places', () => {
  const text = `# a comment
id: r
from: s
sevrity: low
pattern:
  - begin: a
    where: x ==
  - {next: b, times: none}
alert:
  fields:
    ok: a.x
    bad: nosuch(a)
suppress: {}
`;
  it('every problem has line and column', () => {
    const { problems } = readRuleDocument(text, { format: 'yaml' });
    const places = Object.fromEntries(problems.map(({ pointer, line, column }) => [pointer, `${line}:${column}`]));
    expect(places).toMatchObject({ '/sevrity': '4:1', '/pattern/0/where': '7:12', '/pattern/1/times': '8:22', '/suppress': '13:11' });
  });
});
