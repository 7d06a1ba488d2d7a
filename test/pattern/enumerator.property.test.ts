import fc from 'fast-check';
import type { StepDocument } from '../../src/engine/pattern/document.js';
import { enumerate, type Sample, type SampleCondition, type SamplePattern, type SampleStep } from './enumerator.js';
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

const events: fc.Arbitrary<Sample[]> = fc
  .array(fc.record({ wait: fc.constantFrom(0, 1, 1, 2), type: fc.constantFrom(...TYPES), v: fc.integer({ min: 1, max: 4 }) }), {
    maxLength: 7,
  })
  .map((items) => {
    let ts = 0;
    return items.map(({ wait, type, v }) => ({ ts: (ts += wait), type, v }));
  });

function documentOf({ steps, within }: SamplePattern) {
  const pattern = steps.flatMap(({ name, link, where, times: count, loop, optional, not }): StepDocument[] => {
    const step = { [link]: name, where: where.text, ...(optional && { optional }) };
    const repeated = count !== undefined && { times: { min: count.min, ...(count.max !== Infinity && { max: count.max }) }, loop };
    return [{ ...step, ...repeated }, ...(not === undefined ? [] : [{ [not.link]: not.name, where: not.where.text }])];
  });
  return { pattern, ...(within !== undefined && { within: `${within}ms` }) };
}

it(`the matcher finds what the definition says, and nothing else (seed ${SEED})`, () => {
  fc.assert(
    fc.property(pattern, events, (sample, stream) => {
      const defined = enumerate(sample, stream).map((steps) => [...steps].map(([name, taken]) => `${name}:${taken.join(',')}`).join(' '));
      const { lines } = play(patternOf(documentOf(sample)), [...stream]);
      const found = lines.filter((line) => line.startsWith('match')).map((line) => line.replace(/^\S+ /, ''));
      expect([...new Set(found)].sort()).toEqual([...new Set(defined)].sort());
    }),
    { seed: SEED, numRuns: 400 },
  );
});
