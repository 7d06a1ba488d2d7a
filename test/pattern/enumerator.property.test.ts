import fc from 'fast-check';
import type { StepDocument } from '../../src/engine/pattern/document.js';
import type { PatternDocument } from '../../src/engine/pattern/index.js';
import {
  type Assignment,
  enumerate,
  expand,
  type Sample,
  type SampleChoice,
  type SampleCondition,
  type SamplePattern,
  type SampleStep,
} from './enumerator.js';
import { patternOf, play } from './support.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? 20_260_101);

const TYPES = ['x', 'y', 'z'];
const NAMES = ['a', 'b', 'c', 'd'];

const simple: fc.Arbitrary<SampleCondition> = fc.oneof(
  fc.constantFrom(...TYPES).map((type): SampleCondition => ({ text: `type == "${type}"`, holds: (event) => event.type === type })),
  fc.constantFrom(...TYPES).map((type): SampleCondition => ({ text: `type != "${type}"`, holds: (event) => event.type !== type })),
  fc.integer({ min: 1, max: 4 }).map((least): SampleCondition => ({ text: `v >= ${least}`, holds: (event) => event.v >= least })),
);

/** Looks back at what the step itself has taken: a rising loop. */
function rising(name: string): SampleCondition {
  return {
    text: `size(${name}) == 0 || v > last(${name}).v`,
    holds: (event, eventsOf) => eventsOf(name).every((_, index, all) => index < all.length - 1 || event.v > all[index].v),
  };
}

const times = fc.option(
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(0, 1, Infinity)).map(([min, more]) => ({ min, max: min + more })),
  { nil: undefined },
);

function stepAt(index: number): fc.Arbitrary<SampleStep> {
  const name = NAMES[index];
  return fc
    .record({
      link: index === 0 ? fc.constant('begin' as const) : fc.constantFrom('next' as const, 'followedBy' as const, 'followedByAny' as const),
      where: simple,
      rises: fc.nat(5).map((one) => one === 0),
      times,
      loop: fc.constantFrom('strict' as const, 'relaxed' as const, 'any' as const),
      optional: fc.nat(4).map((one) => one === 0),
      not: fc.option(fc.record({ link: fc.constantFrom('notNext' as const, 'notFollowedBy' as const), where: simple }), {
        nil: undefined,
        freq: 3,
      }),
    })
    .map(({ rises, where, not, ...step }) => ({
      ...step,
      name,
      where: rises && step.times !== undefined ? rising(name) : where,
      // A negation may not follow a step that can be left out.
      not: not === undefined || step.optional ? undefined : { name: `no_${name}`, ...not },
    }));
}

const pattern: fc.Arbitrary<SamplePattern> = fc
  .tuple(
    fc.integer({ min: 1, max: 4 }).chain((count) => fc.tuple(...NAMES.slice(0, count).map((_, index) => stepAt(index)))),
    fc.option(fc.integer({ min: 2, max: 9 }), { nil: undefined }),
  )
  .map(([steps, within]) => ({
    steps: steps.map((step, index) => (index === steps.length - 1 ? { ...step, not: undefined } : step)),
    within,
  }))
  .filter(({ steps }) => negationsAreGuarded(steps));

/** What may all be left out before a negation is refused, and with only optional steps behind it there is no step to guard. */
function negationsAreGuarded(steps: readonly SampleStep[]): boolean {
  return steps.every((step, index) => step.not === undefined || steps[index + 1]?.optional === false);
}

/** A choice of two or three branches, maybe with a step before and behind it. Conditions look at the event alone. */
const choiceBetween = fc
  .record({
    kind: fc.constantFrom('oneOf' as const, 'allOf' as const),
    link: fc.constantFrom('next' as const, 'followedBy' as const, 'followedByAny' as const),
    loop: fc.constantFrom('strict' as const, 'relaxed' as const, 'any' as const),
    steps: fc.tuple(stepAt(1), stepAt(2), stepAt(3)),
    conditions: fc.tuple(simple, simple, simple, simple),
    third: fc.constantFrom('none', 'branch', 'tail'),
    before: fc.boolean(),
    behind: fc.option(stepAt(1), { nil: undefined }),
  })
  .map(({ kind, link, loop, steps, conditions, third, before, behind }) => {
    const plain = (step: SampleStep, index: number): SampleStep => ({ ...step, where: conditions[index], optional: false, not: undefined });
    const [b, c, d] = steps.map(plain);
    const head = (step: SampleStep): SampleStep => ({ ...step, link: 'begin' });
    const first = third === 'tail' ? [head(b), c] : [head(b)];
    const branches = [first, [head(d)], ...(third === 'branch' ? [[head(c)]] : [])];
    const choice: SampleChoice = { name: 'choice', kind, link: before ? link : 'begin', loop, branches };
    const start: SampleStep = { name: 'a', link: 'begin', where: conditions[3], loop: 'relaxed', optional: false };
    const end = behind === undefined ? [] : [{ ...behind, name: 'e', where: conditions[0], not: undefined }];
    return { before: before ? [start] : [], choice, after: end };
  });

const events: fc.Arbitrary<Sample[]> = fc
  .array(fc.record({ wait: fc.constantFrom(0, 1, 1, 2), type: fc.constantFrom(...TYPES), v: fc.integer({ min: 1, max: 4 }) }), {
    maxLength: 7,
  })
  .map((items) => {
    let ts = 0;
    return items.map(({ wait, type, v }) => ({ ts: (ts += wait), type, v }));
  });

function stepDocument({ name, link, where, times: count, loop, optional }: SampleStep): StepDocument {
  const repeated = count !== undefined && { times: { min: count.min, ...(count.max !== Infinity && { max: count.max }) }, loop };
  return { [link]: name, where: where.text, ...(optional && { optional }), ...repeated };
}

function documentOf({ steps, within }: SamplePattern): PatternDocument {
  const pattern = steps.flatMap((step): StepDocument[] => {
    const { not } = step;
    return [stepDocument(step), ...(not === undefined ? [] : [{ [not.link]: not.name, where: not.where.text }])];
  });
  return { pattern, ...(within !== undefined && { within: `${within}ms` }) };
}

/** Steps in the order of their events, as the matcher says them. */
function shown(steps: Assignment): string {
  const rows = [...steps].sort(([, [a]], [, [b]]) => a - b);
  return rows.map(([name, taken]) => `${name}:${taken.join(',')}`).join(' ');
}

function matchesOf(document: PatternDocument, stream: readonly Sample[]): string[] {
  const { lines } = play(patternOf(document), [...stream]);
  const found = lines.filter((line) => line.startsWith('match')).map((line) => line.replace(/^\S+ /, ''));
  return [...new Set(found)].sort();
}

function definedBy(patterns: readonly SamplePattern[], stream: readonly Sample[]): string[] {
  return [...new Set(patterns.flatMap((one) => enumerate(one, stream)).map(shown))].sort();
}

describe(`the matcher finds what the definition says, and nothing else (seed ${SEED})`, () => {
  it('links, loops, optional steps, negations, within', () => {
    const property = fc.property(pattern, events, (sample, stream) => {
      expect(matchesOf(documentOf(sample), stream)).toEqual(definedBy([sample], stream));
    });
    fc.assert(property, { seed: SEED, numRuns: 300 });
  });

  it('oneOf and allOf', () => {
    const property = fc.property(choiceBetween, events, ({ before, choice, after }, stream) => {
      const { kind, link, name, loop, branches } = choice;
      const documents = branches.map((branch) => branch.map(stepDocument));
      const document = { [link]: name, [kind]: documents, ...(kind === 'allOf' && { loop }) } as StepDocument;
      const around = { pattern: [...before.map(stepDocument), document, ...after.map(stepDocument)] };
      const meant = expand(choice).map((steps) => ({ steps: [...before, ...steps, ...after] }));
      expect(matchesOf(around, stream)).toEqual(definedBy(meant, stream));
    });
    fc.assert(property, { seed: SEED, numRuns: 300 });
  });

  it('loops over distinct values', () => {
    const property = fc.property(stepAt(0), stepAt(1), events, (loop, after, stream) => {
      const repeated = { ...loop, times: loop.times ?? { min: 2, max: Infinity }, not: undefined };
      const next = { ...after, optional: false, not: undefined };
      const written = stepDocument(repeated);
      const document = { ...written, times: { ...(written.times as object), distinct: 'type' } } as StepDocument;
      const { text, holds } = repeated.where;
      const fresh: SampleCondition = {
        text,
        holds: (event, eventsOf) => holds(event, eventsOf) && eventsOf(loop.name).every(({ type }) => type !== event.type),
      };
      const meant = { steps: [{ ...repeated, where: fresh }, next] };
      expect(matchesOf({ pattern: [document, stepDocument(next)] }, stream)).toEqual(definedBy([meant], stream));
    });
    fc.assert(property, { seed: SEED, numRuns: 200 });
  });
});
