/** Random patterns and events for the enumerator. */
import fc from 'fast-check';
import type {
  Gap,
  Sample,
  SampleComposite,
  SampleCondition,
  SampleItem,
  SampleLink,
  SampleNegation,
  SamplePattern,
  SampleStep,
  SampleTimes,
} from './sample.js';
import { isLeavable } from './sample.js';

/** What patterns are made of, besides links, loops, optional steps and a rule's `within`; each a chance from 0 to 1. */
export interface Features {
  readonly groups?: number;
  readonly choices?: number;
  readonly negations?: number;
  readonly absences?: number;
  readonly bounds?: number;
  readonly untils?: number;
  readonly greedy?: number;
  readonly distinct?: number;
}

const TYPES = ['x', 'y', 'z'];

const eventOnly: fc.Arbitrary<SampleCondition> = fc.oneof(
  fc.constantFrom(...TYPES).map((type): SampleCondition => ({ text: `type == "${type}"`, holds: (event) => event.type === type })),
  fc.constantFrom(...TYPES).map((type): SampleCondition => ({ text: `type != "${type}"`, holds: (event) => event.type !== type })),
  fc.integer({ min: 1, max: 4 }).map((least): SampleCondition => ({ text: `v >= ${least}`, holds: (event) => event.v >= least })),
);

/** Looks back at what the step itself has taken: a rising loop. */
function rising(name: string): SampleCondition {
  return {
    text: `size(${name}) == 0 || v > last(${name}).v`,
    holds: (event, eventsOf) => {
      const last = eventsOf(name).at(-1);
      return last === undefined || event.v > last.v;
    },
  };
}

const chance = (share: number): fc.Arbitrary<boolean> =>
  share === 0 ? fc.constant(false) : fc.double({ min: 0, max: 1, noNaN: true }).map((x) => x > 1 - share);
const gap = fc.constantFrom<Gap>('relaxed', 'strict', 'any');
const duration = fc.integer({ min: 1, max: 5 });

function maybe<T>(share: number, value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.tuple(chance(share), value).map(([has, one]) => (has ? one : undefined));
}

function times({ bounds = 0, distinct = 0 }: Features): fc.Arbitrary<SampleTimes> {
  return fc
    .record({
      min: fc.integer({ min: 1, max: 3 }),
      more: fc.constantFrom(0, 1, Infinity),
      within: maybe(bounds, duration),
      distinct: chance(distinct),
    })
    .map(({ min, more, within, distinct: values }) => ({
      min,
      max: min + more,
      ...(within !== undefined && { within }),
      ...(values && { distinct: true }),
    }));
}

/** Names are given afterwards, in order. */
function step(features: Features, link: SampleLink): fc.Arbitrary<SampleStep> {
  const { bounds = 0, greedy = 0, untils = 0 } = features;
  return fc
    .record({
      where: eventOnly,
      rises: chance(0.15),
      times: maybe(0.4, times(features)),
      loop: gap,
      greedy: chance(greedy),
      optional: chance(0.2),
      until: maybe(untils, eventOnly),
      within: maybe(bounds, duration),
    })
    .map(
      ({ rises, times: count, greedy: eager, until, within, ...rest }): SampleStep => ({
        kind: 'step',
        name: rises && count !== undefined ? 'rises' : '',
        link,
        ...rest,
        // Without times it is refused.
        loop: count === undefined ? 'relaxed' : rest.loop,
        times: count,
        ...(eager && count !== undefined && rest.loop !== 'any' && { greedy: true }),
        ...(until !== undefined && count?.max === Infinity && { until }),
        ...(within !== undefined && count === undefined && { within }),
      }),
    );
}

const link = fc.constantFrom<SampleLink>('next', 'followedBy', 'followedByAny');

function negation({ absences = 0 }: Features): fc.Arbitrary<SampleNegation> {
  return fc
    .record({ link: fc.constantFrom('notNext' as const, 'notFollowedBy' as const), where: eventOnly, wait: maybe(absences, duration) })
    .map(({ wait, ...rest }) => ({
      kind: 'not',
      name: '',
      ...rest,
      ...(wait !== undefined && { link: 'notFollowedBy' as const, for: wait }),
    }));
}

/** As last step; without a bound the rule's `within` is its time. */
function ending(features: Features): fc.Arbitrary<SampleNegation> {
  return fc
    .tuple(negation(features), maybe(0.5, duration))
    .map(([not, within]) => (within === undefined || not.for !== undefined ? not : { ...not, link: 'notFollowedBy' as const, within }));
}

function sequence(features: Features, depth: number, first: SampleLink): fc.Arbitrary<SampleItem[]> {
  const { groups = 0, choices = 0, negations = 0, absences = 0 } = features;
  const composites = depth === 0 ? 0 : groups + choices;
  const item = (entered: SampleLink): fc.Arbitrary<SampleItem> =>
    composites === 0
      ? step(features, entered)
      : fc.oneof(
          { weight: 10, arbitrary: step(features, entered) },
          { weight: Math.round(10 * groups), arbitrary: composite(features, depth - 1, entered, 'group') },
          { weight: Math.round(10 * choices), arbitrary: composite(features, depth - 1, entered, 'choice') },
        );
  const later = fc
    .tuple(maybe(Math.max(negations, absences), negation(features)), link.chain(item))
    .map(([not, one]) => (not === undefined ? [one] : [not, one]));
  const last = maybe(depth === 2 ? Math.max(negations, absences) / 2 : 0, ending(features));
  return fc
    .tuple(item(first), fc.array(later, { maxLength: depth === 2 ? 3 : 1 }), last)
    .map(([head, rest, end]) => [head, ...rest.flat(), ...(end === undefined ? [] : [end])]);
}

function composite(features: Features, depth: number, entered: SampleLink, what: 'group' | 'choice'): fc.Arbitrary<SampleComposite> {
  const { bounds = 0, untils = 0 } = features;
  const branch = sequence(features, depth, 'begin');
  return fc
    .record({
      kind: what === 'group' ? fc.constant('group' as const) : fc.constantFrom('oneOf' as const, 'allOf' as const),
      branches: what === 'group' ? branch.map((one) => [one]) : fc.array(branch, { minLength: 2, maxLength: 2 }),
      times: maybe(0.3, times({})),
      loop: gap,
      optional: chance(0.15),
      until: maybe(what === 'group' ? untils : 0, eventOnly),
      within: maybe(what === 'group' ? 0 : bounds, duration),
    })
    .map(
      ({ until, within, times: count, ...rest }): SampleComposite => ({
        name: '',
        link: entered,
        ...rest,
        loop: count === undefined && rest.kind !== 'allOf' ? 'relaxed' : rest.loop,
        times: count,
        ...(until !== undefined && count?.max === Infinity && { until }),
        ...(within !== undefined && { within }),
      }),
    );
}

export function patterns(features: Features): fc.Arbitrary<SamplePattern> {
  return fc
    .tuple(sequence(features, 2, 'begin'), maybe(0.5, fc.integer({ min: 2, max: 9 })))
    .map(([steps, within]) => ({ steps: named(steps, { next: 0 }), ...(within !== undefined && { within }) }))
    .filter(isDescribed);
}

function named(items: readonly SampleItem[], names: { next: number }): SampleItem[] {
  return items.map((item): SampleItem => {
    const name = `p${names.next++}`;
    if (item.kind === 'not') return { ...item, name };
    if (item.kind === 'step') return { ...item, name, where: item.name === 'rises' ? rising(name) : item.where };
    return { ...item, name, branches: item.branches.map((branch) => named(branch, names)) };
  });
}

/**
 * What the definition has rules for. Left out: features whose meaning where they meet is an accident of Flink's
 * automata; the recorded cases hold it.
 */
function isDescribed({ steps }: SamplePattern): boolean {
  return isSequenceDescribed(steps, true);
}

function isSequenceDescribed(items: readonly SampleItem[], top: boolean): boolean {
  return items.every((item, index) => {
    const [before, after] = [items[index - 1], items[index + 1]];
    if (item.kind === 'not') {
      const last = after === undefined;
      if (last && (!top || item.link === 'notNext')) return false;
      return before.kind !== 'not' && !isRepeated(before) && (last || after.kind !== 'not');
    }
    if (item.kind === 'step') {
      if (item.greedy === true && (after === undefined ? !top : after.kind !== 'step' || isLeavable(after))) return false;
      return true;
    }
    return item.branches.every((branch) => isSequenceDescribed(branch, false));
  });
}

/** Does it end with several rounds of several steps? */
function isRepeated(item: SampleItem): boolean {
  if (item.kind === 'step' || item.kind === 'not') return false;
  return item.times !== undefined || item.branches.some((branch) => isRepeated(branch[branch.length - 1]));
}

export const events: fc.Arbitrary<Sample[]> = fc
  .array(fc.record({ wait: fc.constantFrom(0, 1, 1, 2), type: fc.constantFrom(...TYPES), v: fc.integer({ min: 1, max: 4 }) }), {
    maxLength: 7,
  })
  .map((items) => {
    let ts = 0;
    return items.map(({ wait, type, v }) => ({ ts: (ts += wait), type, v }));
  });
