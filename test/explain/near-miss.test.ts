import { Event } from '../../src/engine/event/event.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { type Fate, findNearMiss } from '../../src/engine/explain/index.js';
import { Pattern } from '../../src/engine/pattern/builder/index.js';
import { patternOf } from '../pattern/support.js';

/** Events of a word, one a millisecond: each letter is a type, its place the value. */
function near(document: object, word: string, watermark?: number) {
  const layout = new FieldLayout();
  const events = [...word].map((type, index) => {
    const raw = Buffer.from(JSON.stringify({ type, v: index }));
    return new Event(layout, 's', 0, index, index, raw, layout.decode(raw));
  });
  const found = findNearMiss('steps' in document ? (document as never) : patternOf(document), layout, events, watermark);
  return {
    path: found.path.map(({ step, event }) => `${found.stepNames[step]}:${event.offset}`).join(' '),
    waitingFor: found.waitingFor.join(' '),
    fate: fateOf(found.fate),
    failed: found.failures.map(
      ({ step, event, part, result, values }) => `${step} ${event.offset} ${part} ${result} ${JSON.stringify(values)}`,
    ),
    failureCount: found.failureCount,
  };
}

function fateOf(fate: Fate): string {
  const { kind, ...rest } = fate;
  return [kind, ...Object.values(rest).map((value) => (value instanceof Event ? value.offset : value))].join(' ');
}

const is = (type: string) => `type == "${type}"`;
const A = { begin: 'a', where: is('a') };
const B = { followedBy: 'b', where: is('b') };
const C = { followedBy: 'c', where: is('c') };

describe('the partial match that came furthest, and its end', () => {
  it.each([
    ['nothing began', [A, B], 'xy', '', 'a', 'open'],
    ['waits', [A, B, C], 'abx', 'a:0 b:1', 'c', 'open'],
    ['the first of those that came as far', [A, B, C], 'aab', 'a:0 b:2', 'c', 'open'],
    ['further by steps, not by events', [{ ...A, times: { min: 1 } }, B, C], 'aaabx', 'a:0 a:1 a:2 b:3', 'c', 'open'],
    ['the next event had to fit', [A, { next: 'b', where: is('b') }], 'ax', 'a:0', 'b', 'strict 1'],
    ['a negation', [A, { notFollowedBy: 'n', where: is('n') }, B], 'axn', 'a:0', 'b', 'forbidden 2 n'],
    ['notNext', [A, { notNext: 'n', where: is('n') }, B], 'an', 'a:0', 'b', 'forbidden 1 n'],
    ['an optional step is waited for beside the next', [A, { ...B, optional: true }, C], 'ax', 'a:0', 'b c', 'open'],
  ])('%s', (_, pattern, word, path, waitingFor, fate) => {
    expect(near({ pattern }, word)).toMatchObject({ path, waitingFor, fate });
  });

  it('out of time, before an event and at the end', () => {
    expect(near({ pattern: [A, B], within: '2ms' }, 'axxxx')).toMatchObject({ path: 'a:0', waitingFor: 'b', fate: 'timeout 2' });
    expect(near({ pattern: [A, B], within: '9ms' }, 'ax')).toMatchObject({ fate: 'open 9' });
    expect(near({ pattern: [A, B], within: '9ms' }, 'ax', 9)).toMatchObject({ fate: 'timeout 9' });
  });

  it('given up by skip', () => {
    const rule = {
      pattern: [
        { ...A, where: 'type == "a"' },
        { followedByAny: 'b', where: is('b') },
        { followedBy: 'c', where: 'type == "c" && v < b.v + 3' },
      ],
      skip: 'pastLast',
    };
    expect(near(rule, 'abxbc').fate).toBe('skipped 4');
  });

  it('a negation that is the last step, and came', () => {
    expect(near({ pattern: [A, { notFollowedBy: 'n', where: is('n') }], within: '9ms' }, 'axn')).toMatchObject({
      path: 'a:0',
      fate: 'forbidden 2 n',
    });
  });
});

describe('the conditions that failed', () => {
  it('in the order of events, the first part that was not true, with what it read', () => {
    const pattern = [A, { followedBy: 'b', where: '(type == "b" && v > a.v + 2) && w == 1' }];
    expect(near({ pattern }, 'axbb').failed).toEqual([
      'b 1 type == "b" false {"type":"x"}',
      'b 2 v > a.v + 2 false {"v":2,"a.v":0}',
      'b 3 w == 1 error: no such field: w {"w":{"error":"no such field: w"}}',
    ]);
  });

  it('of a stream, of until, of a function', () => {
    expect(near({ pattern: [{ ...A, from: 'other' }] }, 'a').failed).toEqual(['a 0 from other false {"stream":"s"}']);
    const until = [A, { followedBy: 'b', where: is('b'), times: { min: 2 }, until: 'v == 2' }, C];
    expect(near({ pattern: until }, 'abb').failed).toEqual(['b 2 not (v == 2) false {}']);
    const odd = (event: { v: number }) => event.v === 7;
    expect(near(Pattern.begin('a').where(odd).build(), 'a').failed).toEqual([`a 0 ${odd.toString()} false {}`]);
  });

  it('only the first ones are kept, all are counted', () => {
    const { failed, failureCount } = near({ pattern: [A, B] }, `a${'x'.repeat(50)}`);
    expect([failed.length, failureCount]).toEqual([20, 50]);
  });
});
