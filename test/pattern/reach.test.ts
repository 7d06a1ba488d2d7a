import { readPattern } from '../../src/engine/pattern/index.js';

/** The warnings of this kind, as "code pointer". */
function warningsOf(pattern: readonly object[], within?: string): string[] {
  const { problems, warnings } = readPattern({ pattern, within });
  expect(problems).toEqual([]);
  return warnings
    .filter(({ code }) => ['unreachable-step', 'unbound-name', 'within-too-short'].includes(code))
    .map(({ code, pointer }) => `${code} ${pointer}`);
}

const a = { begin: 'a', where: 'type == "a"' };
const b = { followedBy: 'b', where: 'type == "b"' };
const quiet = { notFollowedBy: 'x', where: 'type == "x"', for: '30s' };

describe('warnings of what can never be', () => {
  it.each<readonly [string, readonly object[], string | undefined, readonly string[]]>([
    ['an ordinary pattern', [a, b], '1h', []],
    ['behind a condition that never holds', [{ begin: 'a', where: 'v > 5 && v < 3' }, b], '1h', ['unreachable-step /pattern/1/followedBy']],
    ['behind one that may be left out', [a, { followedBy: 'o', where: 'v > 5 && v < 3', optional: true }, b], '1h', []],
    ['behind a negation of every event', [a, { notFollowedBy: 'x' }, b, { next: 'c' }], '1h', ['unreachable-step /pattern/2/followedBy']],
    ['the event that completes the match may be forbidden', [a, { notFollowedBy: 'x' }, b], '1h', []],
    ['but not as the very next one', [a, { notNext: 'x' }, b], '1h', ['unreachable-step /pattern/2/followedBy']],
    ['behind silence for a time', [a, { notFollowedBy: 'x', for: '1m' }, b], '1h', []],
    ['the condition at the end', [a, { followedBy: 'b', where: 'v > 5 && v < 3' }], '1h', []],
    ['in a group', [{ begin: 'g', group: [{ begin: 'a', where: '1 > 2' }, b] }], '1h', ['unreachable-step /pattern/0/group/1/followedBy']],
    ['a step that comes later', [{ begin: 'a', where: 'b.v > 1' }, b], '1h', ['unbound-name /pattern/0/where']],
    [
      'a step of another branch',
      [{ begin: 'c', oneOf: [a, { begin: 'b', where: 'v > a.v' }] }],
      '1h',
      ['unbound-name /pattern/0/oneOf/1/where'],
    ],
    ['a step of another part', [{ begin: 'c', allOf: [a, { begin: 'b', where: 'v > a.v' }] }], '1h', []],
    ['a field that is meant', [{ begin: 'a', where: 'event.b > 1' }, b], '1h', []],
    ['a later step of a repeated group', [{ begin: 'g', group: [{ begin: 'a', where: 'size(b) < 2' }, b], times: 2 }], '1h', []],
    ['an absence as long as the rule, in the middle', [a, quiet, b], '30s', ['within-too-short /within']],
    ['at the end', [a, quiet], '30s', []],
    ['two absences', [a, quiet, b, { ...quiet, notFollowedBy: 'y' }], '1m', []],
    ['two absences, too long', [a, quiet, b, { ...quiet, notFollowedBy: 'y' }], '59s', ['within-too-short /within']],
    ['rounds', [{ begin: 'g', group: [a, quiet, b], times: 3 }], '80s', ['within-too-short /within']],
    ['a step that counts from before the absence', [a, quiet, { ...b, within: '10s' }], '1h', ['within-too-short /pattern/2/within']],
  ])('%s', (_, pattern, within, expected) => {
    expect(warningsOf(pattern, within)).toEqual(expected);
  });
});
