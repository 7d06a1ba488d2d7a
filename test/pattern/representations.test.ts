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
const representations = [...new Set(accepted.map(({ representation }) => representation))];

it('each representation takes a good part of the cases', () => {
  for (const representation of ['compact'])
    expect(accepted.filter((one) => one.representation === representation).length).toBeGreaterThan(100);
});

describe.each(representations)('%s', (representation) => {
  const own = accepted.filter((one) => one.representation === representation);

  it.each(own.map((one) => [one.name, one] as const))('%s gives what Flink gives, as runs do', (_, one) => {
    for (const forced of [representation, 'runs'] as const)
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
        fc.constantFrom(...own),
        fc.array(event, { maxLength: 24 }),
        fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
        ({ rule }, gaps, cuts) => {
          let ts = 0;
          const events = gaps.map(({ gap, ...fields }) => ({ ts: (ts += gap), ...fields }));
          expect(alerts(rule, representation, events, cuts)).toEqual(alerts(rule, 'runs', events, [false]));
        },
      ),
      { seed: SEED, numRuns: 1_500 },
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
