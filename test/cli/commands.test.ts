import { readFileSync } from 'node:fs';
import { folderOf, tripline } from './support.js';

const RULE =
  'id: two-in-a-row\nfrom: s\nkey: k\npattern:\n  - {begin: a, where: v == 1}\n  - {next: b, where: v == 2}\nwithin: 1m\ntimeouts: true\n';
const STREAM = 'name: s\ntime: {field: at, format: epochSeconds}\n';
const EVENTS =
  '{"at":1,"k":"x","v":1}\n\n{"$stream":"s", "event": {"at":2,"k":"x","v":2,"big":9007199254740993}}\n{"at":3,"k":"y","v":1}\n{"at":100,"k":"z","v":0}\n';
const EXPECTED = '{"steps":{"b":[1],"a":[0]}}\n{"steps":{"a":[2]},"timedOut":true}\n';

const at = folderOf({
  'good/rule.yaml': RULE,
  'good/stream.yaml': STREAM,
  'good/events.jsonl': EVENTS,
  'good/expected.jsonl': EXPECTED,
  'wrong/rule.yaml': RULE,
  'wrong/stream.yaml': STREAM,
  'wrong/events.jsonl': EVENTS.replace('"v":2', '"v":3'),
  'wrong/expected.jsonl': EXPECTED,
  'broken/rule.yaml': RULE.replace('within: 1m', 'within: 1 minute'),
  'broken/events.jsonl': '',
  'broken/expected.jsonl': '',
  'bare/rule.json': JSON.stringify({ id: 'bare', from: 's', pattern: [{ begin: 'a' }] }),
  'bare/events.jsonl': '{"ts":5}\nnonsense\n{"ts":"x"}\n[]\n{"$stream":"t","event":{"ts":1}}\n{"$stream":"s"}\n',
  'lists/streams.yaml': '- name: s\n- name: t\n  idleAfter: soon\n',
  'asking/rule.yaml': 'id: asking\nfrom: s\npattern:\n  - {begin: a, where: \'k in list("blocked") && lookup("risk", k).score > 0.5\'}\n',
  'asking/stream.yaml': STREAM,
  'asking/lists.yaml': 'blocked: [x, 7, z]\nrisk:\n  - {key: x, value: {score: 0.9}}\n  - {key: z, value: {score: 0.1}}\n',
  'asking/events.jsonl': '{"at":1,"k":"x"}\n{"at":2,"k":"y"}\n{"at":3,"k":"z"}\n',
  'asking/expected.jsonl': '{"steps":{"a":[0]}}\n',
  'asking/wrong.yaml': 'blocked: [x, {kye: y}]\nrisk: none\n',
  'empty/nothing.txt': '',
});

it('--version writes that of the package', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(await tripline(['--version'])).toEqual({ exit: 0, out: `${version}\n`, err: '' });
});

describe('validate', () => {
  it('says that files are right', async () => {
    expect(await tripline(['validate', at('good/rule.yaml'), at('good/stream.yaml')])).toEqual({
      exit: 0,
      out: `${at('good/rule.yaml')}: ok, rule two-in-a-row\n${at('good/stream.yaml')}: ok, stream s\n`,
      err: '',
    });
  });

  it('names every problem with its place', async () => {
    const { exit, out } = await tripline(['validate', at('broken/rule.yaml')]);
    expect(exit).toBe(1);
    expect(out).toContain(`${at('broken/rule.yaml')}:7:9: error invalid-duration: `);
    expect(out).toContain('(at /within)');
  });

  it('reads lists of streams', async () => {
    const { exit, out } = await tripline(['validate', at('lists/streams.yaml')]);
    expect(exit).toBe(1);
    expect(out).toContain(':3:14: error invalid-duration');
    expect(out).toContain('(at /1/idleAfter)');
  });

  it('holds a rule against the streams given', async () => {
    const { exit, out } = await tripline(['validate', '--json', at('bare/rule.json'), at('good/stream.yaml')]);
    expect(exit).toBe(0);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).valid),
    ).toEqual([true, true]);
    const other = await tripline(['validate', '--json', '-', at('good/stream.yaml')], { stdin: RULE.replace('from: s', 'from: x') });
    expect(other.exit).toBe(1);
    expect(JSON.parse(other.out.split('\n')[0]).errors).toMatchObject([{ code: 'unknown-stream', pointer: '/from', line: 2, column: 7 }]);
  });

  it('goes on after a file that is not there', async () => {
    const { exit, out, err } = await tripline(['validate', at('nowhere.yaml'), at('good/rule.yaml')]);
    expect(exit).toBe(2);
    expect(err).toContain('nowhere.yaml');
    expect(out).toContain('ok, rule two-in-a-row');
  });
});

describe('test', () => {
  it('passes', async () => {
    expect(await tripline(['test', at('good')])).toEqual({
      exit: 0,
      out: 'ok    good: 4 events, 2 matches\n1 passed, 0 failed\n',
      err: '',
    });
  });

  it('shows what differs', async () => {
    const { exit, out } = await tripline(['test', at('.')]);
    expect(exit).toBe(1);
    expect(out).toContain('FAIL  broken\n');
    expect(out).toContain('error invalid-duration');
    expect(out).toContain('FAIL  wrong\n        missing    {"steps":{"a":[0],"b":[1]},"timedOut":false}\n');
    expect(out).toContain('2 passed, 2 failed\n');
  });

  it('gives a rule the reference lists beside it, or those of a file', async () => {
    expect(await tripline(['test', at('asking')])).toMatchObject({ exit: 0, out: expect.stringContaining('3 events, 1 match') });
    const replay = (...more: string[]) =>
      tripline(['replay', '--rule', at('asking/rule.yaml'), '--events', at('asking/events.jsonl'), ...more]);
    expect(await replay()).toMatchObject({ exit: 0, err: expect.stringContaining('1 alerts') });
    const wrong = await replay('--lists', at('asking/wrong.yaml'));
    expect(wrong.exit).toBe(1);
    for (const found of [':1:15: error unknown-key', ':1:14: error missing-key', ':2:7: error wrong-type'])
      expect(wrong.err).toContain(found);
  });

  it('needs rule folders', async () => {
    expect(await tripline(['test', at('empty')])).toMatchObject({ exit: 2, out: '' });
    expect(await tripline(['test', at('nowhere')])).toMatchObject({ exit: 2, out: '' });
  });
});

describe('replay', () => {
  it('writes alerts as JSON lines, events as they came', async () => {
    const { exit, out, err } = await tripline(['replay', '--rule', at('good/rule.yaml'), '--events', at('good/events.jsonl')]);
    expect(exit).toBe(0);
    const lines = out.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { rule: 'two-in-a-row', timedOut: false, key: 'x' },
      { timedOut: true, key: 'y', endTime: 63_000 },
    ]);
    expect(lines[0]).toContain('9007199254740993');
    expect(err).toContain('4 events, 0 rejected, 2 alerts');
  });

  it('moves time to the watermark', async () => {
    const run = (time: string): ReturnType<typeof tripline> =>
      tripline(['replay', '--rule', at('good/rule.yaml'), '--events', '-', '--watermark', time], { stdin: '{"at":3,"k":"y","v":1}' });
    expect((await run('62000')).out).toBe('');
    expect(JSON.parse((await run('1970-01-01T00:02:00Z')).out)).toMatchObject({ timedOut: true });
    expect(await run('tomorrow')).toMatchObject({ exit: 2, out: '' });
  });

  it('names the events it cannot use and goes on', async () => {
    const { exit, out, err } = await tripline(['replay', '--rule', at('bare/rule.json'), '--events', at('bare/events.jsonl')]);
    expect(exit).toBe(1);
    expect(out.trim().split('\n')).toHaveLength(1);
    const codes = err.split('\n').flatMap((line) => /jsonl:(\d+: [a-z0-9-]+)/.exec(line)?.[1] ?? []);
    expect(codes).toEqual(['2: invalid-json', '3: invalid-time', '4: event-not-object', '5: unknown-stream', '6: event-not-object']);
  });

  it('shows progress only on a terminal and only for long work', async () => {
    const many = Array.from({ length: 25_000 }, (_, i) => `{"at":${i},"k":"x","v":0}`).join('\n');
    const args = ['replay', '--rule', at('good/rule.yaml'), '--events', '-'];
    expect((await tripline(args, { stdin: many })).err).toBe('25000 events, 0 rejected, 0 alerts\n');
    expect((await tripline(args, { stdin: many, isTTY: true })).err).toContain('replay ');
  });
});

describe('use', () => {
  it.each([['validate'], ['test'], ['replay'], ['match'], ['serve']])('%s --help has examples', async (command) => {
    const { exit, out, err } = await tripline([command, '--help']);
    expect(exit).toBe(0);
    expect(out).toContain(`tripline ${command}`);
    expect(out).toContain('Examples:');
    expect(err).toBe('');
  });

  it.each([
    [['--help'], 0],
    [[], 2],
    [['vaildate'], 2],
    [['validate'], 2],
    [['replay', '--rule', 'x'], 2],
    [['test', '--nope', '.'], 2],
  ])('%j exits %i', async (args, exit) => {
    const run = await tripline(args as string[]);
    expect(run.exit).toBe(exit);
    if (exit === 2) expect(run.out).toBe('');
  });

  it('suggests the command that was meant', async () => {
    expect((await tripline(['vaildate'])).err).toContain('validate');
  });

  it('answers conformance cases', async () => {
    const { exit, out } = await tripline(['match', '--cases', '-'], {
      stdin: `${JSON.stringify({ name: 'one', rule: { pattern: [{ begin: 'a' }] }, events: [{ ts: 1 }], watermark: 2 })}\n`,
    });
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toEqual({ name: 'one', matches: [{ at: 0, steps: { a: [0] } }], timeouts: [] });
  });
});

describe('explain', () => {
  const file = folderOf({
    'rule.yaml': `id: r
from: s
key: k
pattern:
  - begin: a
    where: v < 1
    times: 2
  - followedBy: b
    where: v > 5 && c != first(a).c
within: 1m`,
    'events.jsonl': [
      '{"ts":0,"k":"hit","v":0,"c":"DE"}',
      '{"ts":1000,"k":"hit","v":0,"c":"DE"}',
      '',
      '{"ts":2000,"k":"hit","v":9,"c":"FR"}',
      '{"ts":2000,"k":7,"v":0,"c":"DE"}',
      '{"ts":3000,"k":7,"v":0,"c":"DE"}',
      '{"ts":4000,"k":7,"v":9,"c":"DE"}',
    ].join('\n'),
  });
  const files = () => ['explain', '--rule', file('rule.yaml'), '--events', file('events.jsonl')];

  it('says why a match came, and what a key without one missed', async () => {
    const { exit, out } = await tripline([...files(), '--watermark', '70000']);
    expect(exit).toBe(0);
    expect(out).toBe(`match, key "hit"
  a  line 1, 1970-01-01T00:00:00.000Z: begin, v < 1
  a  line 2, +1s: loop, v < 1
  b  line 4, +1s: followedBy, v > 5 && c != first(a).c
  complete with its last event, at 1970-01-01T00:00:02.000Z

time-out, key "hit"
  a  line 2, 1970-01-01T00:00:01.000Z: begin, v < 1
  out of time, at 1970-01-01T00:01:01.000Z

time-out, key 7
  a  line 5, 1970-01-01T00:00:02.000Z: begin, v < 1
  a  line 6, +1s: loop, v < 1
  out of time, at 1970-01-01T00:01:02.000Z

time-out, key 7
  a  line 6, 1970-01-01T00:00:03.000Z: begin, v < 1
  out of time, at 1970-01-01T00:01:03.000Z

no match, key 7: the partial match that came furthest
  a  line 5, 1970-01-01T00:00:02.000Z: begin, v < 1
  a  line 6, +1s: loop, v < 1
  waited for b
  line 7 is not b: c != first(a).c, of v > 5 && c != first(a).c, is false
    c = "DE", first(a).c = "DE"
  it ran out of time at 1970-01-01T00:01:02.000Z
`);
  });

  it('of one key, as JSON', async () => {
    const { out } = await tripline([...files(), '--key', '7', '--json']);
    expect(JSON.parse(out)).toMatchObject({
      matches: [],
      timeouts: [],
      nearMisses: [{ key: 7, fate: { kind: 'open', time: 62000 }, failures: [{ line: 7, values: { c: 'DE' } }] }],
    });
    expect((await tripline([...files(), '--key', 'none'])).out).toBe('No event has a key that can be used.\n');
  });

  const windows = folderOf({
    'rule.yaml': `id: r
from: s
key: k
window: {tumbling: 10s}
select: {n: count(), total: sum(v)}
having: n >= 2 && total > 10`,
    'events.jsonl': ['a 1 6', 'a 2 6', 'b 3 4', 'b 4 4', 'b 15 9', 'c 16 1']
      .map((text) => text.split(' '))
      .map(([k, ts, v]) => JSON.stringify({ ts: Number(ts) * 1000, k, v: Number(v) }))
      .join('\n'),
  });

  it('of a window rule: results, and for keys without one the fullest window and what having lacked', async () => {
    const { exit, out } = await tripline(['explain', '--rule', windows('rule.yaml'), '--events', windows('events.jsonl')]);
    expect(exit).toBe(0);
    expect(out).toBe(`window, key "a": 2 events, from 1970-01-01T00:00:00.000Z to 1970-01-01T00:00:10.000Z
  n = 2, total = 12

no result, the fullest window, key "b": 2 events, from 1970-01-01T00:00:00.000Z to 1970-01-01T00:00:10.000Z
  n = 2, total = 8
  having total > 10, of n >= 2 && total > 10, is false
    total = 8

no result yet, its fullest window is open, key "c": 1 event, from 1970-01-01T00:00:10.000Z to 1970-01-01T00:00:20.000Z
  n = 1, total = 1
  having n >= 2, of n >= 2 && total > 10, is false
    n = 1
`);
  });
});
