import fc from 'fast-check';
import { Event } from '../../src/engine/event/event.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { KeyedRulesOperator } from '../../src/engine/match/operator/keyed-rules-operator.js';
import type { MatchSink } from '../../src/engine/match/operator/match-rule.js';
import { compileRule } from '../../src/engine/rule/compile.js';
import type { RuleDefinition } from '../../src/engine/rule/definition.js';
import { readRule } from '../../src/engine/rule/index.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? Date.now() % 1_000_000);

const [a, b, c] = ['A', 'B', 'C'].map((type) => `type == "${type}"`);
const begin = [{ begin: 'a', where: a }];
const RULES: Readonly<Record<string, object>> = {
  compact: { pattern: [...begin, { followedByAny: 'b', where: b }], within: '20ms' },
  grouped: { pattern: [...begin, { followedBy: 'b', where: `${b} && n == a.n` }], within: '30ms', timeouts: true },
  runs: {
    pattern: [...begin, { followedBy: 'b', where: b, times: { min: 2, max: 3 } }, { followedBy: 'c', where: c }],
    within: '40ms',
    skip: 'pastLast',
  },
  absence: { pattern: [...begin, { notFollowedBy: 'b', where: b }], within: '15ms', suppress: { for: '25ms' } },
  sum: { pattern: [...begin, { followedBy: 'b', where: b, times: { min: 1 } }, { followedBy: 'c', where: `${c} && sum(b.n) > 3` }] },
  window: { window: { sliding: { size: '20ms', every: '10ms' } }, select: { sum: 'sum(n)', count: 'count()' }, having: 'sum > 3' },
};

interface Input {
  readonly key: number;
  readonly type: string;
  readonly n: number;
  /** ms since the one before. */
  readonly after: number;
}

function ruleOf(name: string): RuleDefinition {
  const { rule, problems } = readRule({ id: name, from: 's', key: 'key', ...RULES[name] }, {});
  if (rule === undefined) throw new Error(JSON.stringify(problems));
  return rule;
}

/** What rules say of the events, in order, when so many keys may be awake. */
function play(names: readonly string[], inputs: readonly Input[], maxAwake: number): string[] {
  const lines: string[] = [];
  const sink: MatchSink = {
    alert: (rule, { id }, match, at) =>
      lines.push(
        `${rule.id} ${id}@${at} ${match.kind} ${match.kind === 'window' ? JSON.stringify(match) : match.path.map(({ step, event }) => `${step}:${event.id}`).join(' ')}`,
      ),
    limitReached: () => true,
    admitEvent: () => true,
    admitDeadline: () => true,
    backAtDeadline: () => {},
  };
  const layout = new FieldLayout();
  const operator = new KeyedRulesOperator('key', sink, { maxAwake });
  for (const name of names) operator.add(compileRule(ruleOf(name), 1, layout));
  let time = 0;
  inputs.forEach(({ after, ...fields }, offset) => {
    time += after;
    const raw = Buffer.from(JSON.stringify(fields));
    operator.processElement(new Event(layout, 's', 0, offset, time, raw, layout.decode(raw)));
    expect(operator.footprint.awake).toBeLessThanOrEqual(maxAwake);
    lines.push(`${operator.state.size} keys`);
  });
  operator.advanceTime(time + 1_000);
  lines.push(`${operator.state.size} keys`);
  return lines;
}

describe(`matches do not depend on which keys rest (TRIPLINE_TEST_SEED=${SEED})`, () => {
  const input = fc.record({ key: fc.nat(5), type: fc.constantFrom('A', 'B', 'C'), n: fc.nat(2), after: fc.nat(6) });

  it.each<[string, string[]]>([
    ...Object.keys(RULES).map((name): [string, string[]] => [name, [name]]),
    ['all together', Object.keys(RULES)],
  ])('%s', (_, names) => {
    fc.assert(
      fc.property(fc.array(input, { minLength: 10, maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (inputs, maxAwake) => {
        expect(play(names, inputs, maxAwake)).toEqual(play(names, inputs, Infinity));
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});
