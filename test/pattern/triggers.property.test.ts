import fc from 'fast-check';
import { Event } from '../../src/engine/event/event.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { KeyedRulesOperator } from '../../src/engine/match/operator/keyed-rules-operator.js';
import type { MatchRule, MatchSink } from '../../src/engine/match/operator/match-rule.js';
import type { Representation } from '../../src/engine/match/select.js';
import { compileRule } from '../../src/engine/rule/compile.js';
import { readRule } from '../../src/engine/rule/index.js';
import { event, ruleBody } from '../support/random-rules.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? 20_260_101);

interface Sent {
  readonly to: string;
  readonly gap: number;
  readonly value: object;
}

/** Everything that comes out of rules that are shown the events that their triggers let through, or all events. */
function seen(documents: readonly object[], events: readonly Sent[], triggered: boolean, representation?: Representation) {
  const layout = new FieldLayout();
  const alerts: unknown[] = [];
  let admitted = 0;
  const sink: MatchSink = {
    alert: (rule, key, match, at) =>
      alerts.push([
        rule.id,
        key.id,
        match.kind,
        at,
        match.kind === 'window' ? match : match.path.map(({ step, event: { id } }) => [step, id]),
      ]),
    limitReached: (rule, limit, dropped) => alerts.push([rule.id, limit, dropped]) > 0,
    admitEvent: () => ++admitted > 0,
    admitDeadline: () => true,
    backAtDeadline: () => {},
  };
  const operator = new KeyedRulesOperator('o', sink);
  const hosted = documents.map((document, i) => {
    const { rule: definition } = readRule({ id: `r${i}`, ...document, from: ['s', 't'], key: 'k' }, {});
    const rule: MatchRule = compileRule(definition!, 1, layout, { representation });
    return operator.add(triggered ? rule : { ...rule, triggers: undefined });
  });
  let time = 1_000;
  events.forEach(({ to, gap, value }, offset) => {
    time += gap;
    const raw = Buffer.from(JSON.stringify({ ...value, ts: time }));
    operator.processElement(new Event(layout, to, 0, offset, time, raw, layout.decode(raw)));
  });
  operator.advanceTime(1_000_000);
  return { admitted, all: { alerts, counters: hosted.map(({ counters }) => counters) } };
}

let withAll = 0;
let withTriggers = 0;

it.each([undefined, 'runs'] as const)(
  `rules give the same, and count the same errors, when only events of their triggers are shown to them: %s (seed ${SEED})`,
  (representation) => {
    fc.assert(
      fc.property(
        fc.array(ruleBody, { minLength: 1, maxLength: 4 }),
        fc.array(event, { minLength: 5, maxLength: 60 }),
        (documents, events) => {
          const all = seen(documents, events, false, representation);
          const some = seen(documents, events, true, representation);
          expect(some.all).toEqual(all.all);
          withAll += all.admitted;
          withTriggers += some.admitted;
        },
      ),
      { seed: SEED, numRuns: 100 },
    );
    expect(withTriggers).toBeLessThan(0.9 * withAll);
  },
);
