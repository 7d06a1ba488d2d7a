import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { transformSync } from '@swc/core';
import { parse } from 'yaml';
import { AfterMatchSkipStrategy, type AnyEvent, Pattern, PatternError } from '../../src/engine/pattern/builder/index.js';
import type { StepDocument } from '../../src/engine/pattern/document.js';
import { type Pattern as PatternDefinition, readPattern, toBuilder, toDocument, toYaml } from '../../src/engine/pattern/index.js';
import { type PatternCase, readCases } from '../conformance/support.js';
import { patternOf, play } from './support.js';

type Any = Pattern<AnyEvent, any, any, AnyEvent>;
type Link = 'begin' | 'next' | 'followedBy' | 'followedByAny' | 'notNext' | 'notFollowedBy';

const SKIP: Readonly<Record<string, keyof typeof AfterMatchSkipStrategy>> = {
  noSkip: 'noSkip',
  toNext: 'skipToNext',
  pastLast: 'skipPastLastEvent',
  toFirst: 'skipToFirst',
  toLast: 'skipToLast',
};

/** The pattern of a case, built call by call. */
function viaBuilder({ pattern, within, skip }: PatternCase['rule']): Any {
  const strategy = skip as { strategy: string; step: string } | undefined;
  const built = chain(pattern as StepDocument[], strategy && AfterMatchSkipStrategy[SKIP[strategy.strategy]](strategy.step));
  return within === undefined ? built : built.within(within as '1ms');
}

function chain(steps: readonly StepDocument[], skip?: object): Any {
  return steps.reduce<Any | undefined>((before, step) => withStep(before, step, skip), undefined) as Any;
}

function withStep(before: Any | undefined, step: StepDocument, skip?: object): Any {
  const link = ['begin', 'next', 'followedBy', 'followedByAny', 'notNext', 'notFollowedBy'].find((key) => key in step) as Link;
  const args = [step[link], ...(step.group === undefined ? [] : [chain(step.group)]), ...(before === undefined ? [skip] : [])];
  let at = ((before ?? Pattern) as unknown as Record<Link, (...args: unknown[]) => Any>)[link](...args);
  // A call for a key that the reader refuses is not made: the document's problem cannot be built.
  if (step.where !== undefined) at = at.where(step.where as string);
  if (typeof step.times === 'number') at = at.times(step.times);
  else if (step.times?.max !== undefined) at = at.times(step.times.min, step.times.max, step.times.within as '1ms');
  else if (step.times !== undefined) at = at.timesOrMore(step.times.min, step.times.within as '1ms');
  if (step.loop === 'strict') at = at.consecutive();
  if (step.loop === 'any') at = at.allowCombinations();
  if (step.greedy === true) at = at.greedy();
  if (step.optional === true) at = at.optional();
  if (step.until !== undefined) at = at.until(step.until as string);
  return step.within === undefined ? at : at.within(step.within as '1ms', 'previousAndCurrent');
}

const evaluate = (text: string): PatternDefinition =>
  (new Function('Pattern', 'AfterMatchSkipStrategy', `return ${text}`)(Pattern, AfterMatchSkipStrategy) as Any).build();

describe('builder and document give the same pattern, and each prints as the other', () => {
  it.each(['examples.jsonl', 'random.jsonl'].flatMap(readCases).map((one) => [one.name, one.rule] as const))('%s', (_, rule) => {
    const pattern = patternOf(rule);
    expect(viaBuilder(rule).build()).toEqual(pattern);
    expect(patternOf(JSON.parse(JSON.stringify(toDocument(pattern))))).toEqual(pattern);
    expect(patternOf(parse(toYaml(pattern)))).toEqual(pattern);
    expect(evaluate(toBuilder(pattern))).toEqual(pattern);
  });

  it.each(readCases('rejected.jsonl').map((one) => [one.name, one.rule] as const))('%s is refused', (_, rule) => {
    const { problems } = readPattern(rule);
    let error: unknown;
    try {
      viaBuilder(rule).build();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(PatternError);
    expect((error as PatternError).problems.map(({ code, pointer }) => [code, pointer])).toEqual(
      problems.map(({ code, pointer }) => [code, pointer]),
    );
  });
});

describe('builder', () => {
  it('prints as people would write it', () => {
    const pattern = Pattern.begin('small', AfterMatchSkipStrategy.skipPastLastEvent())
      .where('amount < 1')
      .timesOrMore(3)
      .followedBy('trip', Pattern.begin('a').next('b').where('x == "it\'s"'))
      .notFollowedBy('cancel')
      .next('large')
      .where('amount > 500')
      .within('2m', 'previousAndCurrent')
      .within('10m');
    expect(toBuilder(pattern.build())).toBe(`Pattern.begin("small", AfterMatchSkipStrategy.skipPastLastEvent())
  .where("amount < 1")
  .timesOrMore(3)
  .followedBy("trip", Pattern.begin("a")
      .next("b")
      .where("x == \\"it's\\""))
  .notFollowedBy("cancel")
  .next("large")
  .where("amount > 500")
  .within('2m', 'previousAndCurrent')
  .within('10m')`);
  });

  it('gives a group without a name that of its steps', () => {
    const pattern = Pattern.begin(Pattern.begin('a').next(Pattern.begin('b').followedBy('c')).oneOrMore())
      .times(2)
      .next('d')
      .build();
    expect(pattern.steps.map(({ name }) => name)).toEqual(['(a (b c))', 'd']);
  });

  it('joins CEL as text, and functions with CEL', () => {
    const text = Pattern.begin('a').where('x > 1').where('y > 1').or('z > 1').build();
    expect(text.steps[0]).toMatchObject({ where: '((x > 1) && (y > 1)) || (z > 1)' });
    const odd = (event: AnyEvent) => event.x % 2 === 1;
    const mixed = Pattern.begin('a').where('x > 1').where(odd).or('z > 1').build();
    expect(mixed.steps[0]).toMatchObject({ where: { join: 'or', left: { join: 'and', left: 'x > 1', right: odd }, right: 'z > 1' } });
    expect(toBuilder(mixed)).toBe(
      'Pattern.begin("a")\n  .where("x > 1")\n  .where((event)=>event.x % 2 === 1)\n  .or("z > 1")'.replace(
        '(event)=>event.x % 2 === 1',
        odd.toString(),
      ),
    );
    expect(() => toDocument(mixed)).toThrow(TypeError);
  });

  it('runs functions: simple, iterative, joined with CEL', () => {
    const rising = Pattern.begin('first')
      .where((event) => event.v > 0)
      .followedBy('more')
      .where((event, context) => {
        const [last] = [...context.getEventsForPattern('first'), ...context.getEventsForPattern('more')].slice(-1);
        return event.v > last.v && context.timestamp() === event.ts;
      })
      .where('v < 10')
      .times(2);
    const events = [3, 1, 5, 20, 4, 9].map((v, index) => ({ ts: index, v }));
    expect(play(rising.build(), events).lines).toEqual(['match@5 first:0 more:2,5', 'match@5 first:1 more:2,5']);
  });

  it('counts what a function throws, and what is no boolean, as condition errors and as false', () => {
    const bad = Pattern.begin('a').where((event) => event.x.y.z === 1);
    expect(play(bad.build(), [{ ts: 1 }])).toMatchObject({ lines: [], errors: 1 });
    const lost = Pattern.begin('a').where((_, context) => context.getEventsForPattern('b' as 'a').length === 0);
    expect(play(lost.build(), [{ ts: 1 }])).toMatchObject({ lines: [], errors: 1 });
    const text = Pattern.begin('a').where((() => 'yes') as unknown as () => boolean);
    expect(play(text.build(), [{ ts: 1 }])).toMatchObject({ lines: [], errors: 1 });
  });

  it('does not let functions into documents', () => {
    const { problems } = readPattern({ pattern: [{ begin: 'a', where: () => true }] });
    expect(problems).toMatchObject([{ code: 'wrong-type', pointer: '/pattern/0/where' }]);
  });

  it('never changes a pattern that was built from', () => {
    const start = Pattern.begin('a').where('x > 1');
    start.next('b').within('1s');
    start.times(3);
    expect(start.build()).toEqual(patternOf({ pattern: [{ begin: 'a', where: 'x > 1' }] }));
  });

  it('refuses a group that has what only a whole pattern has', () => {
    expect(() => Pattern.begin('a').next(Pattern.begin('b').within('1s'))).toThrow(PatternError);
  });

  // The library itself, built, in a program of its own: what the page says is what it prints.
  const examples = [...readFileSync('docs/library.md', 'utf8').matchAll(/```ts\n([\s\S]*?)```\n+```\n([\s\S]*?)```/g)];
  it.each(examples.map(([, program, output]) => [program, output]))('docs/library.md: %s', (program, output) => {
    const { code } = transformSync(program, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } });
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })).toBe(output);
  });

  it('has examples', () => expect(examples.length).toBeGreaterThan(1));
});
