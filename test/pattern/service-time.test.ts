/** The service moves a key's time to each deadline exactly, and again before each event; the cases move it once for each timestamp. */
import { type PatternCase, readCases } from '../conformance/support.js';
import { prepare } from './support.js';

const files = ['examples.jsonl', 'random.jsonl', 'flink-tests.jsonl'];
const cases = files.flatMap((file) => readCases(file)).filter(({ events }) => events.length > 0);

function playAsService({ rule, events, watermark }: PatternCase): string[] {
  const { matcher, out, eventOf } = prepare(rule as Parameters<typeof prepare>[0]);
  const state = matcher.createState();
  const advance = (time: number): void => {
    for (let deadline = matcher.nextDeadline(state); deadline <= time; deadline = matcher.nextDeadline(state))
      matcher.advanceTime(state, deadline, out);
    matcher.advanceTime(state, time, out);
  };
  events.forEach((fields, index) => {
    advance(fields.ts);
    matcher.processEvent(state, eventOf(fields, index), out);
  });
  advance(watermark);
  return out.lines.filter((line) => line.startsWith('match')).map((line) => line.replace(/^\S+ /, ''));
}

function shown({ matches }: PatternCase): string[] {
  return matches.map(({ steps }) => {
    const rows = Object.entries(steps).sort(([, [a]], [, [b]]) => a - b);
    return rows.map(([name, taken]) => `${name}:${taken.join(',')}`).join(' ');
  });
}

it('gives the same matches', () => {
  const differing = cases.filter((one) => JSON.stringify(playAsService(one).sort()) !== JSON.stringify(shown(one).sort()));
  expect(differing.map(({ name }) => name)).toEqual([]);
});

it('what an event moves to a state whose bound is over sees the other events of that time', () => {
  const pattern = [
    { begin: 'a', where: 'type == "a"', times: { min: 1 }, loop: 'strict' },
    { notFollowedBy: 'x', where: 'type == "x"', within: '2ms' },
  ];
  const given = (type: string) => [
    { ts: 1, type: 'a' },
    { ts: 5, type: 'y' },
    { ts: 5, type },
    { ts: 6, type: 'y' },
  ];
  const play = (type: string) => playAsService({ rule: { pattern }, events: given(type), watermark: 6 } as unknown as PatternCase);
  expect(play('y')).toEqual(['a:0']);
  expect(play('x')).toEqual([]);
});
