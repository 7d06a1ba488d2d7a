import { drawNfa } from '../../src/engine/nfa/index.js';
import { prepare } from './support.js';

it('draws states, edges, conditions and bounds', () => {
  const { nfa } = prepare({
    pattern: [
      { begin: 'a', where: 'v < 1' },
      { notFollowedBy: 'n', where: 'v == 3' },
      { followedBy: 'b', where: 'v > 5', within: '5s' },
    ],
    within: '10m',
  });
  expect(drawNfa(nfa)).toBe(`stateDiagram-v2
  direction LR
  s1: b, within 5s
  s2: stop#58; n
  s3: a
  [*] --> s3
  s1 --> [*]: take if (v #62; 5)
  s1 --> s1: ignore if not (v #62; 5)
  s1 --> s2: proceed if (v == 3)
  s3 --> s1: take if (v #60; 1)
  note right of s3
    within 10m, first event to last
  end note
`);
});

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
