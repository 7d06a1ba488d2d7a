/** Bounds and memory of the representations that keep sets of partial matches. */
import fc from 'fast-check';
import type { MatcherLimits, Representation } from '../../src/engine/match/matcher.js';
import type { PatternDocument } from '../../src/engine/pattern/index.js';
import { BinaryWriter } from '../../src/engine/state/binary.js';
import { prepare } from './support.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? 20_260_101);

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

/** What a limit makes of the events: all that is told, in an order of its own, after each event. */
function told(representation: Representation, rule: PatternDocument, limits: MatcherLimits, events: readonly Given[]) {
  const { matcher, out, eventOf } = prepare(rule, limits, representation);
  const state = matcher.createState();
  return events.map((event, index) => {
    out.lines.length = out.limits.length = 0;
    matcher.advanceTime(state, event.ts, out);
    matcher.processEvent(state, eventOf(event, index), out);
    expect(matcher.keptEvents(state)).toBeLessThanOrEqual(limits.keptEvents ?? Infinity);
    return { lines: [...out.lines].sort(), limits: [...out.limits], open: matcher.countOpen(state) };
  });
}

interface Given {
  readonly ts: number;
  readonly type: string;
  readonly v: number;
}

/** Times differ: partial matches that began at one time are given up together where they are kept in sets. */
const given = fc
  .array(
    fc.record({ wait: fc.integer({ min: 1, max: 4 }), type: fc.constantFrom('a', 'a', 'b', 'c'), v: fc.integer({ min: 1, max: 2 }) }),
    {
      minLength: 5,
      maxLength: 40,
    },
  )
  .map((items) => {
    let ts = 0;
    return items.map(({ wait, type, v }): Given => ({ ts: (ts += wait), type, v }));
  });

describe.each(['dropOldest', 'dropNewest', 'pause'] as const)('%s gives up the same, however partial matches are kept', (onLimit) => {
  const bounds: readonly MatcherLimits[] = [{ keptEvents: 4 }, { keptBytes: 150 }];
  const loop = { begin: 'a', where: where('a'), times: { min: 1 } };
  const rules: readonly (readonly [Representation, PatternDocument])[] = [
    ['compact', { ...RULES.compact, within: '20ms' }],
    ['compact', { pattern: [loop, { followedBy: 'b', where: where('b') }, { followedBy: 'c', where: where('c') }], within: '30ms' }],
    ['compact', { pattern: [loop, { next: 'b', where: where('b') }] }],
    ['grouped', { ...RULES.grouped, within: '20ms' }],
  ];

  it.each(rules)('%s', (representation, rule) => {
    const property = fc.property(given, fc.constantFrom(...bounds), (events, bound) => {
      const limits = { ...bound, onLimit };
      expect(told(representation, rule, limits, events)).toEqual(told('runs', rule, limits, events));
    });
    fc.assert(property, { seed: SEED, numRuns: 50 });
  });

  it('tells no match that is none', () => {
    const [, rule] = rules[1];
    const property = fc.property(given, (events) => {
      const all = new Set(told('runs', rule, {}, events).flatMap(({ lines }) => lines));
      const some = told('compact', rule, { keptEvents: 3, onLimit }, events).flatMap(({ lines }) => lines);
      expect(some.filter((line) => line.startsWith('match') && !all.has(line))).toEqual([]);
    });
    fc.assert(property, { seed: SEED, numRuns: 50 });
  });
});

it('where many begin at one time, no more than needed are given up unsaid', () => {
  const { matcher, out, eventOf } = prepare(RULES.compact, { keptEvents: 3 }, 'compact');
  const state = matcher.createState();
  for (let offset = 0; offset < 10; offset++) matcher.processEvent(state, eventOf({ ts: 7, type: 'a' } as { ts: number }, offset), out);
  const dropped = out.limits.reduce((sum, [, count]) => sum + count, 0);
  expect(dropped + matcher.countOpen(state)).toBe(10);
});

it('dropNewest gives up what the event has made', () => {
  const { matcher, state, out } = play('compact', {}, { keptEvents: 3, onLimit: 'dropNewest' }, 'aaaaab');
  expect(out.limits).toHaveLength(3);
  expect(matcher.describe(state).map(({ path }) => path.map(({ event }) => event.offset))).toEqual([[2], [1], [0]]);
});
