import { analyzeExpression, type Conjunct, type ExpressionScope, type StepRead } from '../../src/engine/expr/index.js';

const SCOPE: ExpressionScope = {
  event: true,
  steps: [
    { name: 'small', kind: 'many' },
    { name: 'large', kind: 'one' },
  ],
};

function analysis(source: string) {
  return analyzeExpression(source, SCOPE);
}

describe('conjuncts', () => {
  const CASES: readonly (readonly [string, readonly (Conjunct | 'other')[]])[] = [
    ['amount < 1', [{ kind: 'literal', field: 'amount', op: '<', literal: 1 }]],
    ['1 >= amount', [{ kind: 'literal', field: 'amount', op: '<=', literal: 1 }]],
    [
      'type == "login" && (ok != false && event["x"] == null)',
      [
        { kind: 'literal', field: 'type', op: '==', literal: 'login' },
        { kind: 'literal', field: 'ok', op: '!=', literal: false },
        { kind: 'literal', field: 'x', op: '==', literal: null },
      ],
    ],
    ['country in ["DE", "FR"]', [{ kind: 'in', field: 'country', set: ['DE', 'FR'] }]],
    ['country != first(small).country', [{ kind: 'step', field: 'country', op: '!=', with: { step: 0, at: 'first', field: 'country' } }]],
    ['last(small).v < v', [{ kind: 'step', field: 'v', op: '>', with: { step: 0, at: 'last', field: 'v' } }]],
    ['card == large["card"]', [{ kind: 'step', field: 'card', op: '==', with: { step: 1, at: 'only', field: 'card' } }]],
    ['a || b == 1', ['other']],
    ['amount < 1 && a.b == 1', [{ kind: 'literal', field: 'amount', op: '<', literal: 1 }, 'other']],
    ['small[0].x == x', ['other']],
    ['large.a.b == x', ['other']],
    ['x == -5', [{ kind: 'literal', field: 'x', op: '==', literal: -5 }]],
    ['x == y', ['other']],
    ['x == b"a"', ['other']],
    ['ok', ['other']],
  ];

  it.each(CASES)('%s', (source, expected) => {
    expect(analysis(source).conjuncts.map((c, i) => (expected[i] === 'other' ? c.kind : c))).toEqual(expected);
  });
});

describe('reads', () => {
  const CASES: readonly (readonly [string, readonly string[], readonly StepRead[]])[] = [
    ['amount < 1 && device.os == "x" && has(z)', ['amount', 'device', 'z'], []],
    ['amount > 2 * large.amount', ['amount'], [{ step: 1, at: 'only', field: 'amount' }]],
    [
      'has(large) && has(large.x)',
      [],
      [
        { step: 1, at: 'present' },
        { step: 1, at: 'only', field: 'x' },
      ],
    ],
    [
      'size(small) == 0 || v > last(small).v',
      ['v'],
      [
        { step: 0, at: 'size' },
        { step: 0, at: 'last', field: 'v' },
      ],
    ],
    [
      'sum(small.map(e, e.amount)) > 1',
      [],
      [
        { step: 0, at: 'size' },
        { step: 0, at: 'all', field: 'amount' },
      ],
    ],
    [
      'size(small.filter(e, e.a == b)) > 1',
      ['b'],
      [
        { step: 0, at: 'size' },
        { step: 0, at: 'all', field: 'a' },
      ],
    ],
    [
      'first(small.filter(e, e.a == 1)).b == 2',
      [],
      [
        { step: 0, at: 'size' },
        { step: 0, at: 'all', field: 'a' },
        { step: 0, at: 'all', field: 'b' },
      ],
    ],
    [
      'small.exists(e, small.exists(f, e.x == f.y))',
      [],
      [
        { step: 0, at: 'size' },
        { step: 0, at: 'all', field: 'x' },
        { step: 0, at: 'all', field: 'y' },
      ],
    ],
    [
      'small[i].x == 1',
      ['i'],
      [
        { step: 0, at: 'size' },
        { step: 0, at: 'all', field: 'x' },
      ],
    ],
    ['small == []', [], [{ step: 0, at: 'all' }]],
    [
      'small.filter(e, e.a) == []',
      [],
      [
        { step: 0, at: 'size' },
        { step: 0, at: 'all', field: 'a' },
        { step: 0, at: 'all' },
      ],
    ],
    ['large == {}', [], [{ step: 1, at: 'only' }]],
    [
      'first(small) == large',
      [],
      [
        { step: 0, at: 'first' },
        { step: 1, at: 'only' },
      ],
    ],
    [
      '(ok ? first(small) : large).x',
      ['ok'],
      [
        { step: 0, at: 'first' },
        { step: 1, at: 'only' },
      ],
    ],
    ['[1].map(small, small + x)', ['x'], []],
    [
      'small.map(e, e)',
      [],
      [
        { step: 0, at: 'size' },
        { step: 0, at: 'all' },
      ],
    ],
    ['"small" == large', [], [{ step: 1, at: 'only' }]],
  ];

  it.each(CASES)('%s', (source, fields, steps) => {
    const { reads, eventOnly } = analysis(source);
    expect(reads.fields).toEqual(fields);
    expect(reads.steps).toEqual(expect.arrayContaining([...steps]));
    expect(reads.steps).toHaveLength(steps.length);
    expect(eventOnly).toBe(steps.length === 0);
    expect(reads.wholeEvent).toBe(false);
  });

  it('tells the whole event and given values', () => {
    expect(analysis('event == {}').reads.wholeEvent).toBe(true);
    expect(analysis('event["a" + b] == 1').reads).toMatchObject({ wholeEvent: true, fields: ['b'] });
    expect(analyzeExpression('key == 1', { event: true, steps: [], values: ['key'] })).toMatchObject({
      eventOnly: false,
      reads: { values: true },
    });
  });
});

it('takes linear time in nested macros', () => {
  const nested = `${'small.filter(e, size('.repeat(20)}small${') > 1)'.repeat(20)} == []`;
  expect(analysis(nested).reads.steps).toHaveLength(2);
});
