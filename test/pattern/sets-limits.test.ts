/** Bounds and memory of the representations that keep sets of partial matches. */
import type { MatcherLimits } from '../../src/engine/match/matcher.js';
import type { PatternDocument } from '../../src/engine/pattern/index.js';
import { BinaryWriter } from '../../src/engine/state/binary.js';
import { prepare } from './support.js';

const where = (type: string) => `type == "${type}"`;
const RULES = {
  compact: {
    pattern: [
      { begin: 'a', where: where('a') },
      { followedByAny: 'b', where: where('b') },
      { followedByAny: 'c', where: where('c') },
    ],
  },
  grouped: {
    pattern: [
      { begin: 'a', where: where('a') },
      { followedByAny: 'b', where: `${where('b')} && v == a.v` },
      { followedByAny: 'c', where: where('c') },
    ],
  },
} satisfies Record<string, PatternDocument>;

function play(representation: keyof typeof RULES, more: PatternDocument | object, limits: MatcherLimits, types: Iterable<string>) {
  const prepared = prepare({ ...RULES[representation], ...more }, limits, representation);
  const { matcher, out, eventOf } = prepared;
  const state = matcher.createState();
  let offset = 0;
  let most = 0;
  for (const type of types) {
    matcher.advanceTime(state, offset, out);
    matcher.processEvent(state, eventOf({ ts: offset, type, v: 1 } as { ts: number }, offset), out);
    most = Math.max(most, matcher.keptEvents(state));
    offset++;
  }
  return { ...prepared, state, most };
}

describe.each(['compact', 'grouped'] as const)('%s', (representation) => {
  it('gives up what began first when too many events are kept', () => {
    const { out, matcher, state, most } = play(representation, {}, { keptEvents: 10 }, 'aaaaaaaaaaaab');
    expect(most).toBeLessThanOrEqual(10);
    expect(out.limits[0]).toEqual(['keptEvents', 2]);
    expect(Math.min(...matcher.describe(state).map(({ path }) => path[0].event.offset))).toBeGreaterThan(1);
  });

  it('bounds the bytes kept', () => {
    const { out } = play(representation, {}, { keptBytes: 200 }, 'a'.repeat(30));
    expect(out.limits[0][0]).toBe('keptBytes');
  });

  it('stops enumerating where one event completes too many matches, and says once how many were given up', () => {
    const { out } = play(representation, {}, { matchesPerEvent: 5 }, 'aaabbbc');
    expect(out.lines).toHaveLength(5);
    expect(out.limits).toEqual([['matchesPerEvent', 4]]);
  });

  it('holds no more after many windows than after one', () => {
    const sizes = [300, 3_000].map((events) => {
      const { matcher, state } = play(representation, { within: '100ms' }, {}, 'abx'.repeat(events));
      const written = new BinaryWriter();
      let numbers = 0;
      matcher.write(state, written, { indexOf: () => numbers++ });
      return [matcher.keptEvents(state), written.length];
    });
    expect(sizes[1][0]).toBe(sizes[0][0]);
    expect(sizes[1][1]).toBeLessThan(sizes[0][1] * 1.1);
  });
});

it('dropNewest leaves the event out', () => {
  const { matcher, state, out } = play('compact', {}, { keptEvents: 3, onLimit: 'dropNewest' }, 'aaaaab');
  expect(out.limits).toHaveLength(3);
  expect(matcher.describe(state).map(({ path }) => path.map(({ event }) => event.offset))).toEqual([[2], [1], [0]]);
});
