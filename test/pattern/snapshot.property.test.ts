import fc from 'fast-check';
import { readCases } from '../conformance/support.js';
import { prepare, type Prepared, restored } from './support.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? 20_260_101);
const cases = [...readCases('examples.jsonl'), ...readCases('random.jsonl')].filter((one) => one.events.length > 0);

/** Plays a case as the service does: time goes to each deadline exactly. */
function play(prepared: Prepared, events: readonly { ts: number }[], watermark: number, interrupt: (index: number) => boolean): string[] {
  const { matcher, out, eventOf } = prepared;
  let state = matcher.createState();
  const advance = (time: number): void => {
    for (let deadline = matcher.nextDeadline(state); deadline <= time; deadline = matcher.nextDeadline(state))
      matcher.advanceTime(state, deadline, out);
    matcher.advanceTime(state, time, out);
  };
  events.forEach((fields, index) => {
    if (interrupt(index)) state = restored(prepared, state);
    advance(fields.ts);
    matcher.processEvent(state, eventOf(fields, index), out);
    if (matcher.isEmpty(state)) expect(matcher.keptEvents(state)).toBe(0);
  });
  if (interrupt(events.length)) state = restored(prepared, state);
  advance(watermark);
  return out.lines;
}

it(`writing and reading the state at any event changes nothing that comes out, in order (seed ${SEED})`, () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...cases),
      fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
      ({ rule, events, watermark }, cuts) => {
        const straight = play(prepare(rule), events, watermark, () => false);
        const interrupted = play(prepare(rule), events, watermark, (index) => cuts[index % cuts.length]);
        expect(interrupted).toEqual(straight);
      },
    ),
    { seed: SEED, numRuns: 400 },
  );
});

it('every deadline that is named does something, and nothing happens before it', () => {
  for (const { rule, events, watermark } of cases) {
    const { matcher, out, eventOf } = prepare(rule);
    const state = matcher.createState();
    const advance = (time: number): void => {
      for (let deadline = matcher.nextDeadline(state); deadline <= time; deadline = matcher.nextDeadline(state)) {
        const open = matcher.describe(state).length;
        const said = out.lines.length;
        matcher.advanceTime(state, deadline - 1, out);
        expect([matcher.describe(state).length, out.lines.length]).toEqual([open, said]);
        matcher.advanceTime(state, deadline, out);
        expect(matcher.describe(state).length).toBeLessThan(open);
      }
    };
    events.forEach((fields, index) => {
      advance(fields.ts);
      matcher.processEvent(state, eventOf(fields, index), out);
    });
    advance(watermark);
  }
});
