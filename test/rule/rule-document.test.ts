import { readRule, readRuleDocument, type StreamDefinition } from '../../src/engine/rule/index.js';

const MINIMAL = { id: 'r', from: 's', pattern: [{ begin: 'a' }] };

const FULL = `id: card-testing
title: Small test payments, then a large one
description: Someone tries a stolen card.
severity: high
tags: [fraud, cards]
status: shadow
from: [payments, refunds]
key: [cardId, event.country]
pattern:
  - begin: small
    where: amount < 1
    from: payments
    times: {min: 3}
  - followedBy: large
    where: amount > 500 && country != first(small).country
within: 10m
skip: pastLast
timeouts: true
alert:
  title: "Card \${key} after \${size(small)} payments, $\${plain}"
  fields: {small_total: "sum(small.map(e, e.amount))"}
  events: fields
  to: [ops]
suppress: {for: 1h}
limits: {keptEvents: 1000, keptBytes: 1048576, matchesPerEvent: 10, onLimit: dropNewest}
onStall: continue
`;

describe('a rule document', () => {
  it('gives a frozen definition with durations in ms', () => {
    const { rule, problems, warnings } = readRuleDocument(FULL, { format: 'yaml' });
    expect(problems).toEqual([]);
    expect(warnings.filter(({ code }) => code !== 'unbounded-growth')).toEqual([]);
    expect(rule).toMatchObject({
      id: 'card-testing',
      title: 'Small test payments, then a large one',
      description: 'Someone tries a stolen card.',
      severity: 'high',
      tags: ['fraud', 'cards'],
      status: 'shadow',
      from: ['payments', 'refunds'],
      key: ['cardId', 'event.country'],
      timeouts: true,
      alert: { fields: { small_total: 'sum(small.map(e, e.amount))' }, events: 'fields', to: ['ops'] },
      suppress: { for: 3_600_000 },
      limits: { keptEvents: 1000, keptBytes: 1048576, matchesPerEvent: 10, onLimit: 'dropNewest' },
      onStall: 'continue',
    });
    expect(rule).toMatchObject({ kind: 'pattern', pattern: { within: 600_000 } });
    expect(Object.isFrozen(rule) && Object.isFrozen(rule?.alert.fields)).toBe(true);
  });

  it('fills in defaults', () => {
    const { rule } = readRule(MINIMAL);
    expect(rule).toMatchObject({
      title: 'r',
      severity: 'medium',
      tags: [],
      status: 'active',
      from: ['s'],
      timeouts: false,
      alert: { title: 'r', fields: {}, events: 'full' },
      limits: {},
      onStall: 'wait',
    });
    expect(rule?.key).toBeUndefined();
    expect(rule?.alert.to).toBeUndefined();
  });

  it('takes the rule title as plain text', () => {
    const { rule, problems } = readRule({ ...MINIMAL, title: 'costs ${a lot' });
    expect(problems).toEqual([]);
    expect(rule?.alert.title).toBe('costs $${a lot');
  });

  it('says the same of JSON', () => {
    const yaml = readRuleDocument(FULL, { format: 'yaml' });
    expect(readRuleDocument(JSON.stringify(yaml.document), { format: 'json' }).rule).toEqual(yaml.rule);
  });

  it('takes the id of the address when it has none', () => {
    const { id: _id, ...rest } = MINIMAL;
    expect(readRule(rest, { id: 'given' }).rule?.id).toBe('given');
    expect(readRule(MINIMAL, { id: 'given' }).problems).toMatchObject([{ code: 'id-mismatch', pointer: '/id' }]);
  });
});

describe('problems', () => {
  const cases: [string, unknown, ...[code: string, pointer: string, more?: object][]][] = [
    ['no object', [1], ['wrong-type', '']],
    ['null', null, ['wrong-type', '']],
    ['nothing', {}, ['missing-key', '']],
    [
      'several at once',
      { pattern: [{ begin: 'a' }] },
      ['missing-key', '', { expected: expect.stringContaining('small letters') }],
      ['missing-key', ''],
    ],
    ['a misspelt key', { ...MINIMAL, sevrity: 'low' }, ['unknown-key', '/sevrity', { suggestion: 'severity' }]],
    ['a window without values', { id: 'r', from: 's', window: { count: 5 } }, ['missing-key', '']],
    [
      'several in a window rule',
      {
        id: 'r',
        from: 's',
        window: { tumbling: 5 },
        select: { n: 'coun()', key: 'sum(x)', m: 'max(y +)' },
        having: 'n > 1',
        within: '1s',
      },
      ['unknown-key', '/within'],
      ['invalid-duration', '/window/tumbling', { suggestion: '5s' }],
      ['unknown-function', '/select/n', { suggestion: 'count' }],
      ['cel-syntax', '/select/m'],
      ['reserved-name', '/select/key'],
    ],
    [
      'a calendar of hours',
      { id: 'r', from: 's', window: { tumbling: '1h', timezone: 'Europe/Berlin' }, select: { n: 'count()' } },
      ['not-applicable', '/window/timezone'],
    ],
    [
      'a zone',
      { id: 'r', from: 's', window: { tumbling: '1d', timezone: 'Europe/Berln' }, select: { n: 'count()' } },
      ['unknown-zone', '/window/timezone'],
    ],
    [
      "names in a window's alert",
      { id: 'r', from: 's', window: { session: '1h' }, select: { n: 'count()' }, alert: { title: '${m} of ${n} until ${window.end}' } },
      ['unknown-name', '/alert/title'],
    ],
    ['both kinds', { ...MINIMAL, window: { count: 5 } }, ['ambiguous-kind', '']],
    ["a window rule's key", { ...MINIMAL, having: 'n > 1' }, ['unknown-key', '/having']],
    ['an id in capitals', { ...MINIMAL, id: 'My Rule!' }, ['invalid-id', '/id', { suggestion: 'my-rule' }]],
    ['an id that is a number', { ...MINIMAL, id: 7 }, ['wrong-type', '/id', { found: '7' }]],
    ['a long id', { ...MINIMAL, id: 'a'.repeat(101) }, ['invalid-id', '/id']],
    ['a severity', { ...MINIMAL, severity: 'hgh' }, ['invalid-value', '/severity', { suggestion: 'high' }]],
    ['a status', { ...MINIMAL, status: true }, ['wrong-type', '/status']],
    [
      'tags',
      { ...MINIMAL, tags: ['a', 1, 'a', ''] },
      ['wrong-type', '/tags/1'],
      ['duplicate-value', '/tags/2'],
      ['empty-value', '/tags/3'],
    ],
    ['no stream', { ...MINIMAL, from: [] }, ['empty-value', '/from']],
    ['a stream twice', { ...MINIMAL, from: ['s', 's'] }, ['duplicate-value', '/from/1']],
    ['a key', { ...MINIMAL, key: 'a +' }, ['cel-syntax', '/key']],
    ['a key of a list', { ...MINIMAL, key: ['ok', 'nope('] }, ['cel-syntax', '/key/1']],
    ['no keys', { ...MINIMAL, key: [] }, ['empty-value', '/key']],
    ['a condition', { ...MINIMAL, pattern: [{ begin: 'a', where: 'x ==' }] }, ['cel-syntax', '/pattern/0/where']],
    ['a title', { ...MINIMAL, alert: { title: '${size(b)}' } }, ['unknown-name', '/alert/title']],
    ['an open title', { ...MINIMAL, alert: { title: 'x ${a.y' } }, ['cel-syntax', '/alert/title']],
    ['a field', { ...MINIMAL, alert: { fields: { ok: 'a.x', bad: 'nosuch(a)' } } }, ['unknown-function', '/alert/fields/bad']],
    ['a field that is a number', { ...MINIMAL, alert: { fields: { 'a/b': 1 } } }, ['wrong-type', '/alert/fields/a~1b']],
    ['events', { ...MINIMAL, alert: { events: 'all' } }, ['invalid-value', '/alert/events']],
    ['an alert that is text', { ...MINIMAL, alert: 'hello' }, ['wrong-type', '/alert']],
    ['a cool-down', { ...MINIMAL, suppress: { for: '10 minutes' } }, ['invalid-duration', '/suppress/for', { suggestion: '10m' }]],
    ['a cool-down of nothing', { ...MINIMAL, suppress: { for: '0s' } }, ['invalid-duration', '/suppress/for']],
    ['no cool-down', { ...MINIMAL, suppress: {} }, ['missing-key', '/suppress']],
    ['a duration as number', { ...MINIMAL, suppress: { for: 30 } }, ['invalid-duration', '/suppress/for', { suggestion: '30s' }]],
    ['within', { ...MINIMAL, within: 'soon' }, ['invalid-duration', '/within']],
    [
      'limits',
      { ...MINIMAL, limits: { keptEvents: 0, keptBytes: 1.5, onLimit: 'dropAll' } },
      ['out-of-range', '/limits/keptEvents'],
      ['out-of-range', '/limits/keptBytes'],
      ['invalid-value', '/limits/onLimit'],
    ],
    ['timeouts', { ...MINIMAL, timeouts: 'yes' }, ['wrong-type', '/timeouts']],
    ['__proto__', JSON.parse('{"id":"r","from":"s","pattern":[{"begin":"a"}],"__proto__":{"x":1}}'), ['unknown-key', '/__proto__']],
    ['constructor', { ...MINIMAL, constructor: 1 }, ['unknown-key', '/constructor']],
  ];
  it.each(cases)('%s', (_name, document, ...expected) => {
    const { rule, problems } = readRule(document);
    expect(rule).toBeUndefined();
    expect(problems.map(({ code, pointer }) => [code, pointer]).sort()).toEqual(expected.map(([code, pointer]) => [code, pointer]).sort());
    for (const [code, pointer, more] of expected) {
      if (more !== undefined) expect(problems).toContainEqual(expect.objectContaining({ code, pointer, ...more }));
    }
  });
});

describe('size', () => {
  const rule = (where: string, steps: number): object => ({
    id: 'r',
    from: 's',
    within: '1h',
    pattern: Array.from({ length: steps }, (_, i) => ({ [i === 0 ? 'begin' : 'followedBy']: `s${i}`, where })),
  });

  it("one expression's is a limit of the caller's, for the engine too", () => {
    const long = rule(`x == "${'y'.repeat(9000)}"`, 1);
    expect(readRule(long).problems).toMatchObject([{ code: 'expression-too-long', pointer: '/pattern/0/where' }]);
    expect(readRule(long, { limits: { maxExpressionLength: 10_000 } }).problems).toEqual([]);
  });

  it('of all expressions together', () => {
    const large = Array.from({ length: 240 }, (_, i) => `a${i}==${i}`).join('||');
    expect(readRule(rule(large, 60)).problems).toMatchObject([{ code: 'expression-too-large', pointer: '' }]);
  });

  it('of the pattern', () => {
    expect(readRule(rule('true', 65)).problems).toMatchObject([{ code: 'pattern-too-large', pointer: '/pattern/64' }]);
    expect(readRule(rule('true', 3), { limits: { maxSteps: 2 } }).problems).toMatchObject([
      { code: 'pattern-too-large', pointer: '/pattern/2' },
    ]);
  });
});

describe('what a rule refers to', () => {
  const payments = { name: 'payments', fields: { amount: 'double', cardId: 'string' } } as unknown as StreamDefinition;
  const rule = (more: object): object => ({ id: 'r', from: 'payments', pattern: [{ begin: 'a', where: 'amount > 1' }], ...more });

  it('unknown streams, with the nearest known one', () => {
    const { problems } = readRule(rule({ from: ['payment', 'payments'] }), { knownStreams: ['payments', 'logins'] });
    expect(problems).toMatchObject([{ code: 'unknown-stream', pointer: '/from/0', suggestion: 'payments' }]);
  });

  it('unknown sinks', () => {
    expect(readRule(rule({ alert: { to: ['opps'] } }), { knownSinks: ['ops'] }).problems).toMatchObject([
      { code: 'unknown-sink', pointer: '/alert/to/0', suggestion: 'ops' },
    ]);
    expect(readRule(rule({ alert: { to: [] } }), { knownSinks: [] }).problems).toEqual([]);
  });

  it("fields that the stream's schema does not have", () => {
    const { problems } = readRule(rule({ key: 'cardID', pattern: [{ begin: 'a', where: 'amout > 1' }] }), { streams: () => payments });
    expect(problems.map(({ code, pointer }) => [code, pointer])).toEqual([
      ['field-unknown', '/key'],
      ['field-unknown', '/pattern/0/where'],
    ]);
    expect(problems[1].suggestion).toBe('amount');
  });

  it('nothing is checked when one of several streams has no schema', () => {
    const streams = (name: string): StreamDefinition => (name === 'payments' ? payments : ({ name } as StreamDefinition));
    expect(readRule(rule({ from: ['payments', 'other'], key: 'anything' }), { streams }).problems).toEqual([]);
  });
});

describe('the canonical text', () => {
  const canonical = (more: object): string | undefined =>
    readRule({ id: 'r', from: 's', pattern: [{ begin: 'a', where: 'x > 1' }, { next: 'b' }], within: '60s', ...more }).rule?.canonical;

  it('stays what it is: open matches and alert ids hang on it', () => {
    expect(readRule(MINIMAL).rule?.canonical).toBe(
      '{"from":["s"],"pattern":[{"kind":"single","link":"begin","name":"a","optional":false}],"skip":{"strategy":"noSkip"}}',
    );
  });

  it.each([
    ['the same', {}],
    ['another unit', { within: '1m' }],
    ['defaults written out', { skip: 'noSkip', from: ['s'], pattern: [{ where: 'x > 1', begin: 'a', optional: false }, { next: 'b' }] }],
    [
      'another text',
      { title: 'new', severity: 'low', alert: { title: 'x' }, suppress: { for: '1h' }, status: 'shadow', limits: { keptEvents: 5 } },
    ],
  ])('equal: %s', (_name, more) => expect(canonical(more)).toBe(canonical({})));

  it.each([
    ['within', { within: '61s' }],
    ['key', { key: 'k' }],
    ['skip', { skip: 'toNext' }],
    ['from', { from: ['s', 't'] }],
    ['where', { pattern: [{ begin: 'a', where: 'x > 2' }, { next: 'b' }] }],
  ])('different: %s', (_name, more) => expect(canonical(more)).not.toBe(canonical({})));

  it('a list of one key is another key', () => expect(canonical({ key: ['k'] })).not.toBe(canonical({ key: 'k' })));
});
