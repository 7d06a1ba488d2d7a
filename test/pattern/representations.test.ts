import fc from 'fast-check';
import { runPatternCase } from '../../src/cli/match/pattern-case.js';
import type { JsonObject } from '../../src/engine/event/json-value.js';
import type { Match } from '../../src/engine/match/matcher.js';
import { orderMatches } from '../../src/engine/match/operator/match-order.js';
import { planMatcher, type Representation } from '../../src/engine/match/select.js';
import { canonical, readCases } from '../conformance/support.js';
import { Output, prepare, type Prepared, restored } from './support.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? 20_260_101);
const cases = [...readCases('examples.jsonl'), ...readCases('random.jsonl')];
const accepted = cases.flatMap((one) => {
  const { representation } = planMatcher(prepare(one.rule).nfa);
  return representation === 'runs' ? [] : [{ ...one, representation }];
});
/** Comparisons with earlier values, more than the cases have: by hash, by going through the groups, several values at once. */
const comparing: Parameters<typeof prepare>[0][] = [
  {
    pattern: [
      { begin: 'a', where: 'type == "a"' },
      { followedBy: 'b', where: 'type == "b" && v == a.v' },
    ],
    within: '5ms',
  },
  {
    pattern: [
      { begin: 'a', where: 'type == "a"' },
      { followedByAny: 'b', where: 'v == a.v' },
      { followedByAny: 'c', where: 'k == a.k' },
    ],
    within: '9ms',
  },
  { pattern: [{ begin: 'a' }, { followedBy: 'b', where: 'v == a.v && k != a.k' }, { followedBy: 'c', where: 'v > b.v' }], within: '7ms' },
  {
    pattern: [
      { begin: 'a', where: 'type == "a"' },
      { next: 'b', where: 'v == a.v' },
      { next: 'c', where: 'v == b.v && type != "c"' },
    ],
  },
  {
    pattern: [
      { begin: 'a', where: 'type == "a"' },
      { notFollowedBy: 'n', where: 'type == "x" && k == a.k' },
      { followedBy: 'b', where: 'k == a.k' },
    ],
    within: '9ms',
  },
  {
    pattern: [
      { begin: 'a', where: 'type == "a"' },
      { notFollowedBy: 'n', where: 'k == a.k' },
    ],
    within: '3ms',
  },
  {
    pattern: [
      { begin: 'a', where: 'type == "a"' },
      { followedBy: 'b', where: 'v == a.v', times: { min: 1 } },
      { followedBy: 'c', where: 'k == a.k' },
    ],
    within: '6ms',
  },
  {
    pattern: [
      { begin: 'a', where: 'v >= 1.0' },
      { followedBy: 'o', where: 'type == "b" && v == a.v', optional: true },
      { followedByAny: 'c', where: 'v < a.v' },
    ],
    within: '6ms',
  },
];
const representations = [...new Set(accepted.map(({ representation }) => representation))];

it('each representation takes a good part of the cases', () => {
  const count = (representation: Representation): number => accepted.filter((one) => one.representation === representation).length;
  expect([count('compact') > 200, count('grouped') > 5]).toEqual([true, true]);
});

it.each(comparing)('rule %# compares with single values', (rule) => {
  const { representation } = planMatcher(prepare(rule).nfa);
  expect(representation).toBe('grouped');
});

describe.each(representations)('%s', (representation) => {
  const own = accepted.filter((one) => one.representation === representation);

  it.each(own.map((one) => [one.name, one] as const))('%s gives what Flink gives, as runs do', (_, one) => {
    const others = representation === 'compact' ? (['grouped', 'runs'] as const) : (['runs'] as const);
    for (const forced of [representation, ...others])
      expect(canonical(runPatternCase(one as unknown as JsonObject, forced))).toEqual(canonical(one));
  });

  const types = fc.constantFrom('a', 'b', 'c', 'd', 'x');
  const event = fc.record({
    gap: fc.constantFrom(0, 0, 1, 1, 2, 5),
    type: types,
    v: fc.constantFrom(0, 1, 1.5, 2, 3),
    k: fc.constantFrom('p', 'q'),
  });

  it(`gives what runs give, in the order of alerts, also after restarts (seed ${SEED})`, () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...own.map(({ rule }) => rule), ...(representation === 'grouped' ? comparing : [])),
        fc.array(event, { maxLength: 24 }),
        fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
        (rule, gaps, cuts) => {
          let ts = 0;
          const events = gaps.map(({ gap, ...fields }) => ({ ts: (ts += gap), ...fields }));
          expect(alerts(rule, representation, events, cuts)).toEqual(alerts(rule, 'runs', events, [false]));
        },
      ),
      { seed: SEED, numRuns: 600 },
    );
  });
});

/** Collects matches and puts each emission point's in the order of alerts, as the operator does. */
class Alerts extends Output {
  pending: Match[] = [];

  override match(match: Match): void {
    this.pending.push(match);
  }

  publish(): void {
    for (const match of orderMatches(this.pending)) super.match(match);
    this.pending = [];
  }
}

/** Time goes to each deadline exactly, as in the service; the state is written and read where `cuts` says. */
function alerts(
  rule: Parameters<typeof prepare>[0],
  representation: Representation,
  events: readonly { ts: number }[],
  cuts: readonly boolean[],
) {
  const prepared: Prepared = prepare(rule, undefined, representation);
  const { matcher, eventOf, nfa } = prepared;
  const out = new Alerts(nfa.stepNames);
  let state = matcher.createState();
  const advance = (time: number): void => {
    for (let deadline = matcher.nextDeadline(state); deadline <= time; deadline = matcher.nextDeadline(state)) {
      matcher.advanceTime(state, deadline, out);
      out.publish();
    }
    matcher.advanceTime(state, time, out);
    out.publish();
  };
  events.forEach((fields, index) => {
    if (cuts[index % cuts.length]) state = restored(prepared, state);
    advance(fields.ts);
    matcher.processEvent(state, eventOf(fields, index), out);
    out.publish();
    if (matcher.isEmpty(state)) expect(matcher.keptEvents(state)).toBe(0);
  });
  advance(1_000_000);
  return out.lines;
}
