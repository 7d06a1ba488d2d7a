import fc from 'fast-check';
import { Event } from '../../src/engine/event/event.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { ExpressionTableBuilder } from '../../src/engine/expr/index.js';
import { carry } from '../../src/engine/match/carry.js';
import type { PatternMatcher } from '../../src/engine/match/matcher.js';
import { createMatcher, type Representation } from '../../src/engine/match/select.js';
import { compilePattern, mapStates } from '../../src/engine/nfa/index.js';
import type { StepDocument } from '../../src/engine/pattern/document.js';
import type { Pattern } from '../../src/engine/pattern/index.js';
import { readCases } from '../conformance/support.js';
import { Output, patternOf } from './support.js';

interface Rule {
  readonly pattern: unknown;
  readonly within?: string;
  readonly skip?: unknown;
}

const CASES = ['examples.jsonl', 'random.jsonl'].flatMap(readCases);

/** All versions of a rule share the layout, as in a task. */
class Run {
  readonly #layout = new FieldLayout();
  #pattern: Pattern;
  #stepNames: readonly string[] = [];
  #matcher: PatternMatcher<unknown>;
  #state: unknown;
  readonly lines: string[] = [];

  constructor(rule: Rule, representation?: Representation) {
    this.#pattern = patternOf(rule);
    this.#matcher = this.#compile(representation);
    this.#state = this.#matcher.createState();
  }

  /** Goes on with another version. */
  change(rule: Rule, representation?: Representation): { carried: number; dropped: number } {
    const [old, from] = [this.#pattern, this.#matcher];
    this.#pattern = patternOf(rule);
    this.#matcher = this.#compile(representation);
    const before = from.countOpen(this.#state);
    const { state, carried, dropped } = carry(from, this.#state, this.#matcher, mapStates(old, this.#pattern));
    expect(carried + dropped).toBe(before);
    expect(this.#matcher.countOpen(state)).toBe(carried);
    this.#state = state;
    return { carried, dropped };
  }

  play(events: readonly { ts: number }[], from: number, to: number): void {
    const out = new Output(this.#stepNames);
    for (let index = from; index < to; index++) {
      const raw = Buffer.from(JSON.stringify({ ...events[index], i: index }));
      const event = new Event(this.#layout, 's', 0, index, events[index].ts, raw, this.#layout.decode(raw));
      this.#matcher.advanceTime(this.#state, event.time, out);
      this.#matcher.processEvent(this.#state, event, out);
    }
    this.lines.push(...out.lines);
  }

  end(time: number): string[] {
    const out = new Output(this.#stepNames);
    this.#matcher.advanceTime(this.#state, time, out);
    return [...this.lines, ...out.lines].sort();
  }

  #compile(representation?: Representation): PatternMatcher<unknown> {
    const table = new ExpressionTableBuilder(this.#layout);
    const { nfa } = compilePattern(this.#pattern, table);
    this.#stepNames = nfa.stepNames;
    return createMatcher(nfa, table.build(), {}, representation);
  }
}

/** The rule with every condition written otherwise by `change`, which gets the number of the step. */
function withConditions(rule: Rule, change: (where: string, number: number) => string): Rule {
  let number = 0;
  const step = (one: StepDocument): StepDocument => {
    if (one.group !== undefined) return { ...one, group: one.group.map(step) };
    return { ...one, where: change((one.where as string | undefined) ?? 'true', number++) };
  };
  return { ...rule, pattern: (rule.pattern as StepDocument[]).map(step) };
}

describe('open partial matches go on in a new version', () => {
  it('where every place maps to itself', () => {
    const some = CASES.filter((_, index) => index % 4 === 0);
    const moved = some.filter(({ rule }) => {
      const pattern = patternOf(rule);
      return mapStates(pattern, pattern).states.some((state, number) => state !== number);
    });
    expect(moved.map(({ name }) => name)).toEqual([]);
  });

  const cut = fc.tuple(fc.constantFrom(...CASES), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(7));

  it('with the same meaning as if there had been no change, in text that is another', () => {
    fc.assert(
      fc.property(cut, ([{ rule, events, watermark }, share]) => {
        const at = Math.floor(share * events.length);
        const [changed, whole] = [new Run(rule), new Run(rule)];
        changed.play(events, 0, at);
        expect(changed.change(withConditions(rule, (where) => `(${where}) && true`)).dropped).toBe(0);
        changed.play(events, at, events.length);
        whole.play(events, 0, events.length);
        expect(changed.end(watermark)).toEqual(whole.end(watermark));
      }),
      { numRuns: 80, seed: 20260131 },
    );
  }, 60_000);

  it('with a changed condition that later events alone are held against', () => {
    fc.assert(
      fc.property(
        cut,
        fc.constantFrom('v > 2', 'type == "b"', 'v < 3 && type != "c"'),
        ([{ rule, events, watermark }, share, step], where) => {
          const at = Math.floor(share * events.length);
          const run = new Run(rule);
          run.play(events, 0, at);
          const next = withConditions(rule, (old, number) => (number === step ? where : old));
          expect(run.change(next).dropped).toBe(0);
          run.play(events, at, events.length);
          // The reference knows the number of each event.
          const both = new Run(withConditions(rule, (old, number) => (number === step ? `i < ${at} ? (${old}) : (${where})` : old)));
          both.play(events, 0, events.length);
          expect(run.end(watermark)).toEqual(both.end(watermark));
        },
      ),
      { numRuns: 80, seed: 20260131 },
    );
  }, 60_000);

  it('from one representation to another and back', () => {
    const plain = CASES.filter(({ rule }) => compactTakes(rule));
    expect(plain.length).toBeGreaterThan(50);
    const cuts = fc.tuple(fc.constantFrom(...plain), fc.nat(20), fc.nat(20), fc.constantFrom<Representation>('runs', 'compact'));
    fc.assert(
      fc.property(cuts, ([{ rule, events, watermark }, a, b, first]) => {
        const [one, two] = [Math.min(a, b, events.length), Math.min(Math.max(a, b), events.length)];
        const second = first === 'runs' ? 'compact' : 'runs';
        const [changed, whole] = [new Run(rule, first), new Run(rule, 'runs')];
        changed.play(events, 0, one);
        expect(changed.change(rule, second).dropped).toBe(0);
        changed.play(events, one, two);
        expect(changed.change(rule, first).dropped).toBe(0);
        changed.play(events, two, events.length);
        whole.play(events, 0, events.length);
        expect(changed.end(watermark)).toEqual(whole.end(watermark));
      }),
      { numRuns: 80, seed: 20260131 },
    );
  }, 60_000);
});

function compactTakes(rule: Rule): boolean {
  const table = new ExpressionTableBuilder(new FieldLayout());
  const { nfa } = compilePattern(patternOf(rule), table);
  return createMatcher(nfa, table.build()).representation === 'compact';
}

describe('what is carried and what is dropped', () => {
  const is = (type: string) => `type == "${type}"`;
  const A = { begin: 'a', where: is('a') };
  const B = { followedBy: 'b', where: is('b') };
  const C = { followedBy: 'c', where: is('c') };
  /** After "a ab": one waits for `b` (began 1), one for `c` (began 0). */
  const cases: readonly [string, Rule, Rule, carried: number, dropped: number][] = [
    ['the same', { pattern: [A, B, C] }, { pattern: [A, B, C] }, 3, 0],
    ['another step at the end', { pattern: [A, B, C] }, { pattern: [A, B, C, { next: 'd' }] }, 3, 0],
    ['the last step gone', { pattern: [A, B, C] }, { pattern: [A, B] }, 1, 2],
    ['another step in the middle', { pattern: [A, B, C] }, { pattern: [A, B, { followedBy: 'x' }, C] }, 1, 2],
    ['a step in the middle gone', { pattern: [A, B, C] }, { pattern: [A, C] }, 0, 3],
    ['another name', { pattern: [A, B, C] }, { pattern: [A, { ...B, followedBy: 'bb' }, C] }, 0, 3],
    ['another link', { pattern: [A, B, C] }, { pattern: [A, B, { next: 'c', where: is('c') }] }, 1, 2],
    ['another link that looks alike', { pattern: [A, B, C] }, { pattern: [A, B, { followedByAny: 'c', where: is('c') }] }, 1, 2],
    ['a loop', { pattern: [A, B, C] }, { pattern: [A, B, { ...C, times: 2 }] }, 1, 2],
    ['a prohibition', { pattern: [A, B, C] }, { pattern: [A, B, { notFollowedBy: 'n' }, C] }, 1, 2],
    ['another within', { pattern: [A, B, C], within: '1h' }, { pattern: [A, B, C], within: '2h' }, 0, 3],
    ['another skip', { pattern: [A, B, C] }, { pattern: [A, B, C], skip: 'pastLast' }, 0, 3],
    ['another first condition', { pattern: [A, B, C] }, { pattern: [{ ...A, where: 'v > 1' }, B, C] }, 3, 0],
    ['a condition that looks back', { pattern: [A, B, C] }, { pattern: [A, B, { ...C, where: 'v > a.v' }] }, 3, 0],
  ];
  it.each(cases)('%s', (_, old, next, carried, dropped) => {
    const run = new Run(old);
    const types = ['a', 'a', 'b', 'a'];
    run.play(
      types.map((type, ts) => ({ ts, type })),
      0,
      4,
    );
    expect(run.change(next)).toEqual({ carried, dropped });
  });

  it('matches that wait for their turn go on, or are counted', () => {
    const rule = { pattern: [A, { ...B, optional: true }, C], skip: 'pastLast' };
    const play = (next: Rule) => {
      const run = new Run(rule);
      const types = ['a', 'a', 'b', 'c'];
      run.play(
        types.map((type, ts) => ({ ts, type })),
        0,
        3,
      );
      return run.change(next);
    };
    expect(play(withConditions(rule, (where) => `(${where})`))).toMatchObject({ dropped: 0 });
    expect(play({ ...rule, pattern: [A, C] })).toMatchObject({ carried: 0 });
  });
});
