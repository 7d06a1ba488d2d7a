import { prepare } from './support.js';

it('is frozen', () => {
  const { nfa } = prepare({ pattern: [{ begin: 'a', times: { min: 1 }, until: 'v > 3' }] });
  for (const state of nfa.states)
    expect([Object.isFrozen(state), Object.isFrozen(state.edges), ...state.edges.map((edge) => Object.isFrozen(edge))]).not.toContain(
      false,
    );
});

it('tells where partial matches wait, and till when', () => {
  const { matcher, out, eventOf } = prepare({
    pattern: [
      { begin: 'a', where: 'type == "a"' },
      { followedBy: 'b', where: 'type == "b"' },
    ],
    within: '10ms',
  });
  const state = matcher.createState();
  matcher.processEvent(state, eventOf({ ts: 5, type: 'a' } as { ts: number }, 0), out);
  expect(matcher.describe(state)).toMatchObject([{ waitingFor: 'b', deadline: 15, path: [{ step: 0 }] }]);
  expect(matcher.nextDeadline(state)).toBe(15);
});

it('counts conditions that fail, once for each run and event', () => {
  const { matcher, out, eventOf } = prepare({ pattern: [{ begin: 'a', where: 'missing > 1' }] });
  const state = matcher.createState();
  matcher.processEvent(state, eventOf({ ts: 1 }, 0), out);
  expect(out.errors).toBe(1);
  expect(matcher.isEmpty(state)).toBe(true);
});

it('takes only events of the stream that a step names', () => {
  const { matcher, out, eventOf } = prepare({ pattern: [{ begin: 'a', from: 'other' }] });
  matcher.processEvent(matcher.createState(), eventOf({ ts: 1 }, 0), out);
  expect(out.lines).toEqual([]);
});
