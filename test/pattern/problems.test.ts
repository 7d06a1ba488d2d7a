import { type PatternDocument, readPattern } from '../../src/engine/pattern/index.js';
import { ERROR_CODES } from '../../src/engine/problem/codes.js';

type Row = readonly [
  title: string,
  document: PatternDocument,
  problems: readonly (readonly [code: string, pointer: string, suggestion?: string])[],
];

const A = { begin: 'a' };
const loop = (more: object = {}) => ({ followedBy: 'b', times: { min: 1 }, ...more });
const steps = (...pattern: unknown[]): PatternDocument => ({ pattern });
const nested = (depth: number): unknown => (depth === 0 ? A : { begin: `g${depth}`, group: [nested(depth - 1)] });

const ROWS: readonly Row[] = [
  ['no pattern', {}, [['wrong-type', '/pattern']]],
  ['empty', steps(), [['empty-value', '/pattern']]],
  ['no object', steps(7), [['wrong-type', '/pattern/0']]],
  ['misspelt key', steps({ begin: 'a', were: 'true' }), [['unknown-key', '/pattern/0/were', 'where']]],
  [
    'misspelt link',
    steps(A, { folowedBy: 'b' }),
    [
      ['unknown-key', '/pattern/1/folowedBy', 'followedBy'],
      ['missing-link', '/pattern/1'],
    ],
  ],
  ['two links', steps(A, { next: 'b', followedBy: 'c' }), [['several-links', '/pattern/1/followedBy']]],
  ['no begin', steps({ next: 'a' }), [['misplaced-link', '/pattern/0/next']]],
  ['second begin', steps(A, { begin: 'b' }), [['misplaced-link', '/pattern/1/begin']]],
  ['no begin in a group', steps({ begin: 'g', group: [{ followedBy: 'x' }] }), [['misplaced-link', '/pattern/0/group/0/followedBy']]],
  ['the name event', steps({ begin: 'event' }), [['reserved-name', '/pattern/0/begin']]],
  ['a name twice', steps(A, { next: 'g', group: [{ begin: 'a' }] }), [['duplicate-step', '/pattern/1/group/0/begin']]],
  ['where no text', steps({ begin: 'a', where: true }), [['wrong-type', '/pattern/0/where']]],
  ['where on a group', steps({ begin: 'g', where: 'true', group: [A] }), [['not-applicable', '/pattern/0/where']]],
  ['condition that is not CEL', steps({ begin: 'a', where: 'v >' }), [['cel-syntax', '/pattern/0/where']]],
  ['until that is not CEL', steps(A, loop({ until: '(' })), [['cel-syntax', '/pattern/1/until']]],
  ['loop without times', steps({ begin: 'a', loop: 'strict' }), [['not-applicable', '/pattern/0/loop']]],
  ['unknown loop', steps(A, loop({ loop: 'strickt' })), [['invalid-value', '/pattern/1/loop', 'strict']]],
  ['greedy alone', steps({ begin: 'a', greedy: true }), [['not-applicable', '/pattern/0/greedy']]],
  ['greedy with any', steps(A, loop({ greedy: true, loop: 'any' })), [['not-applicable', '/pattern/1/greedy']]],
  ['greedy group', steps(A, { next: 'g', group: [{ begin: 'x' }], times: 2, greedy: true }), [['not-applicable', '/pattern/1/greedy']]],
  ['times 0', steps({ begin: 'a', times: 0 }), [['invalid-times', '/pattern/0/times']]],
  ['times 1.5', steps({ begin: 'a', times: 1.5 }), [['invalid-times', '/pattern/0/times']]],
  ['times as text', steps({ begin: 'a', times: '3' }), [['wrong-type', '/pattern/0/times']]],
  ['times without min', steps({ begin: 'a', times: { max: 2 } }), [['missing-key', '/pattern/0/times']]],
  ['min 0 without max', steps({ begin: 'a', times: { min: 0 } }), [['invalid-times', '/pattern/0/times/min']]],
  ['max below min', steps({ begin: 'a', times: { min: 3, max: 2 } }), [['invalid-times', '/pattern/0/times/max']]],
  ['min 0 and optional', steps({ begin: 'a', times: { min: 0, max: 2 }, optional: true }), [['invalid-times', '/pattern/0/optional']]],
  ['too many times', steps({ begin: 'a', times: 1001 }), [['invalid-times', '/pattern/0/times']]],
  ['until with max', steps(A, loop({ times: { min: 1, max: 2 }, until: 'true' })), [['until-without-open-loop', '/pattern/1/until']]],
  ['until on a single step', steps({ begin: 'a', until: 'true' }), [['until-without-open-loop', '/pattern/0/until']]],
  [
    'options of a negation',
    steps(A, { notNext: 'n', times: 2, greedy: true, optional: true }, { next: 'b' }),
    [
      ['not-applicable', '/pattern/1/times'],
      ['not-applicable', '/pattern/1/greedy'],
      ['not-applicable', '/pattern/1/optional'],
    ],
  ],
  [
    'negation after optional',
    steps(A, { next: 'b', optional: true }, { notNext: 'n' }),
    [['negation-after-optional', '/pattern/2/notNext']],
  ],
  [
    'negation after min 0',
    steps(A, { next: 'b', times: { min: 0, max: 1 } }, { notFollowedBy: 'n' }, { next: 'c' }),
    [['negation-after-optional', '/pattern/2/notFollowedBy']],
  ],
  [
    'optional after greedy',
    steps(A, loop({ greedy: true }), { next: 'c', optional: true }),
    [['optional-after-greedy', '/pattern/2/optional']],
  ],
  ['from 0 after greedy is fine', steps(A, loop({ greedy: true }), { next: 'c', times: { min: 0, max: 1 } }), []],
  ['open absence', steps(A, { notFollowedBy: 'n' }), [['open-absence', '/pattern/1/notFollowedBy']]],
  ['bounded absence is fine', steps(A, { notFollowedBy: 'n', within: '1s' }), []],
  ['empty round', steps({ begin: 'g', group: [{ begin: 'x', optional: true }], times: { min: 1 } }), [['empty-round', '/pattern/0/group']]],
  [
    'skippable group before a negation',
    steps({ begin: 'g', group: [{ begin: 'x', optional: true }] }, { notNext: 'n' }, { next: 'b' }),
    [['negation-at-start', '/pattern/1/notNext']],
  ],
  ['within no duration', { ...steps(A), within: '5 minutes' }, [['invalid-duration', '/within']]],
  ['within 0', { ...steps(A), within: '0s' }, [['invalid-duration', '/within']]],
  ["bound over the rule's", { ...steps(A, { next: 'b', within: '2s' }), within: '1s' }, [['bound-too-long', '/pattern/1/within']]],
  [
    "loop bound over the rule's",
    { ...steps(A, loop({ times: { min: 2, within: '2s' } })), within: '1s' },
    [['bound-too-long', '/pattern/1/times/within']],
  ],
  ['unknown skip', { ...steps(A), skip: 'pastlast' }, [['invalid-value', '/skip/strategy', 'pastLast']]],
  [
    'skip to a misspelt step',
    { ...steps({ begin: 'small' }), skip: { strategy: 'toFirst', step: 'smal' } },
    [['unknown-step', '/skip/step', 'small']],
  ],
  [
    'skip into a group',
    { ...steps(A, { next: 'g', group: [{ begin: 'x' }] }), skip: { strategy: 'toLast', step: 'x' } },
    [['unknown-step', '/skip/step', 'a']],
  ],
  ['skip without its step', { ...steps(A), skip: { strategy: 'toLast' } }, [['missing-key', '/skip']]],
  ['too many steps', steps(A, ...Array.from({ length: 64 }, (_, i) => ({ next: `s${i}` }))), [['pattern-too-large', '/pattern/64']]],
  ['nested too deep', steps(nested(9)), [['pattern-too-large', expect.stringContaining('/group') as unknown as string]]],
  [
    'too long when written out',
    steps({ begin: 'g', times: 1000, group: [{ begin: 'x', times: 1000 }] }),
    [['pattern-too-large', '/pattern']],
  ],
  [
    'too many ways through',
    steps(A, ...Array.from({ length: 20 }, (_, i) => ({ next: `g${i}`, optional: true, group: [{ begin: `s${i}`, optional: true }] })), {
      next: 'z',
    }),
    [['pattern-too-large', '/pattern']],
  ],
  [
    'all at once',
    { ...steps({ begin: 'a', where: 'v >', greedy: true }, { nxt: 'b' }), within: 5 },
    [
      ['wrong-type', '/within'],
      ['not-applicable', '/pattern/0/greedy'],
      ['unknown-key', '/pattern/1/nxt', 'next'],
      ['missing-link', '/pattern/1'],
      ['cel-syntax', '/pattern/0/where'],
    ],
  ],
];

it.each(ROWS)('%s', (_, document, expected) => {
  const { pattern, problems } = readPattern(document);
  const got = problems.map(({ code, pointer, suggestion }) => [code, pointer, suggestion]);
  expect(got.slice(0, Math.max(expected.length, 1))).toEqual(expected.map(([code, pointer, suggestion]) => [code, pointer, suggestion]));
  expect(pattern === undefined).toBe(expected.length > 0);
  for (const { code } of problems) expect(Object.keys(ERROR_CODES)).toContain(code);
});

it('says at which character of a condition', () => {
  const [problem] = readPattern(steps({ begin: 'a', where: 'v > ' })).problems;
  expect(problem.message).toMatch(/at character \d+$/);
});

it('knows the streams a step may name', () => {
  const { problems } = readPattern(steps({ begin: 'a', from: 'payment' }), { streams: ['payments', 'logins'] });
  expect(problems).toMatchObject([{ code: 'unknown-stream', pointer: '/pattern/0/from', suggestion: 'payments' }]);
});

const WARNINGS: readonly Row[] = [
  ['relaxed loop without within', steps(A, loop()), [['unbounded-state', '/pattern/1']]],
  ['followedBy without within', steps(A, { followedBy: 'b' }), [['unbounded-state', '/pattern/1']]],
  ['combinations, also within a time', { ...steps(A, loop({ loop: 'any' })), within: '9s' }, [['exponential-growth', '/pattern/1']]],
  ['strict without within is bounded', steps(A, { next: 'b' }), []],
  ['bound on the first step', { ...steps({ begin: 'a', within: '1s' }), within: '9s' }, [['bound-without-effect', '/pattern/0/within']]],
  [
    'bound on the first step of a branch',
    { ...steps(A, { next: 'c', oneOf: [{ begin: 'x', within: '1s' }, { begin: 'y' }] }), within: '9s' },
    [['bound-without-effect', '/pattern/1/oneOf/0/within']],
  ],
  ['bound on a loop', { ...steps(A, loop({ within: '1s' })), within: '9s' }, [['bound-without-effect', '/pattern/1/within']]],
  [
    'bound in a loop',
    { ...steps(A, loop({ times: { min: 2, within: '1s' } })), within: '9s' },
    [['bound-without-effect', '/pattern/1/times/within']],
  ],
  [
    'bound on a negation in the middle',
    { ...steps(A, { notFollowedBy: 'n', within: '1s' }, { next: 'b' }), within: '9s' },
    [['bound-without-effect', '/pattern/1/within']],
  ],
  [
    'bound on an optional step',
    { ...steps(A, { next: 'b', within: '1s', optional: true }), within: '9s' },
    [['bound-without-effect', '/pattern/1/within']],
  ],
  [
    'bound behind a loop',
    { ...steps(A, loop(), { next: 'c', within: '1s' }), within: '9s' },
    [['bound-without-effect', '/pattern/2/within']],
  ],
  [
    'bound on a group',
    { ...steps(A, { next: 'g', group: [{ begin: 'x' }], within: '1s' }), within: '9s' },
    [['bound-without-effect', '/pattern/1/within']],
  ],
  ['bound that holds', { ...steps(A, { followedBy: 'b', within: '1s' }), within: '9s' }, []],
];

it.each(WARNINGS)('warns: %s', (_, document, expected) => {
  const { problems, warnings } = readPattern(document);
  expect(problems).toEqual([]);
  expect(warnings.map(({ code, pointer }) => [code, pointer])).toEqual(expected);
});
