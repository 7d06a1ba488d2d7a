import { Readable, Writable } from 'node:stream';
import { runMatchCommand } from '../../src/cli/match/index.js';
import { canonical, casesPath, type PatternCase, readCases } from './support.js';

type Answer = PatternCase & {
  readonly error?: { readonly code: string; readonly message: string; readonly path: string };
  readonly line?: number;
};

async function match(cases: string, stdin: Readable = Readable.from([]), kind?: string) {
  const answers: Answer[] = [];
  const errors: string[] = [];
  const into = (add: (text: string) => void) => new Writable({ write: (chunk: Buffer, _, done) => (add(chunk.toString()), done()) });
  const terminal = { stdin, stdout: into((text) => answers.push(JSON.parse(text) as Answer)), stderr: into((text) => errors.push(text)) };
  const exit = await runMatchCommand({ cases, kind }, terminal);
  return { answers, errors, exit };
}

describe.each(['examples.jsonl', 'random.jsonl', 'recorded.jsonl', 'flink-tests.jsonl'])(
  '%s: matches, time-outs and where they come out are those of Flink',
  (file) => {
    let answers: Map<string, Answer>;
    beforeAll(async () => {
      const result = await match(casesPath(file));
      expect(result.exit).toBe(0);
      answers = new Map(result.answers.map((answer) => [answer.name, answer]));
    });

    it.each(readCases(file).map((one) => [one.name, one] as const))('%s', (name, expected) => {
      const answer = answers.get(name) as Answer;
      expect(answer.error).toBeUndefined();
      expect(canonical(answer)).toEqual(canonical(expected));
    });
  },
);

describe.each(['rejected.jsonl', 'rejected-combinations.jsonl'])('%s: what Flink refuses is refused, with our own error', (file) => {
  it.each(readCases(file).map((one) => [one.name, one] as const))('%s', async (name, rejected) => {
    const { answers, exit } = await match('-', Readable.from([`${JSON.stringify(rejected)}\n`]));
    expect(exit).toBe(0);
    expect(answers).toEqual([
      { name, error: { code: expect.any(String), message: expect.any(String), path: expect.stringMatching(/^\/(pattern|skip)/) } },
    ]);
  });
});

describe('the command', () => {
  const good = '{"name":"ok","rule":{"pattern":[{"begin":"a"}]},"events":[{"ts":1}],"watermark":1}';

  it('answers each line in order, whatever is wrong with it', async () => {
    const lines = [
      good,
      '{"name": nonsense',
      '[]',
      '{"name":"no rule"}',
      '{"name":"window","rule":{"window":{"tumbling":"1s"}}}',
      '{"name":"no time","rule":{"pattern":[{"begin":"a"}]},"events":[{}]}',
      '{"name":"back","rule":{"pattern":[{"begin":"a"}]},"events":[{"ts":2},{"ts":1}]}',
      '',
      '{"name":"typo","rule":{"pattern":[{"begin":"a","wehre":"true"}]},"events":[]}',
    ];
    const { answers, exit } = await match('-', Readable.from([Buffer.from(lines.join('\r\n'))]));
    expect(exit).toBe(0);
    expect(answers.map(({ name, line, error }) => [name, line, error?.code, error?.path])).toEqual([
      ['ok', undefined, undefined, undefined],
      [null, 2, 'invalid-json', ''],
      [null, undefined, 'wrong-type', ''],
      ['no rule', undefined, 'missing-key', ''],
      ['window', undefined, 'missing-key', ''],
      ['no time', undefined, 'missing-time', ''],
      ['back', undefined, 'invalid-time', ''],
      ['typo', undefined, 'unknown-key', '/pattern/0/wehre'],
    ]);
  });

  it('refuses what would take all memory or time, and goes on', async () => {
    const cases = [
      { name: 'expressions', rule: { pattern: [{ begin: 'a', where: Array(8_000).fill('v == 1').join(' || ') }] }, events: [] },
      {
        name: 'matches',
        rule: { pattern: [{ begin: 'a', times: { min: 1 }, loop: 'any' }] },
        events: Array.from({ length: 20 }, (_, ts) => ({ ts })),
      },
      { name: 'times', rule: { pattern: [{ begin: 'a', times: 1e9 }] }, events: [] },
      JSON.parse(good),
    ];
    const { answers } = await match('-', Readable.from([cases.map((one) => JSON.stringify(one)).join('\n')]));
    expect(answers.map(({ name, error }) => [name, error?.code])).toEqual([
      ['expressions', 'expression-too-large'],
      ['matches', 'too-many-matches'],
      ['times', 'invalid-times'],
      ['ok', undefined],
    ]);
  });

  it('reads lines across chunks, also through the middle of a character', async () => {
    const bytes = Buffer.from(`${good.replace('ok', 'schön')}\n${good}`);
    const { answers } = await match('-', Readable.from([...bytes].map((byte) => Buffer.of(byte))));
    expect(answers.map((answer) => answer.name)).toEqual(['schön', 'ok']);
  });

  it('exits with 2 when the cases cannot be read', async () => {
    const { exit, errors } = await match('/nowhere/cases.jsonl');
    expect(exit).toBe(2);
    expect(errors.join('')).toMatch(/ENOENT/);
  });

  it('says which kinds it does not know', async () => {
    const { answers } = await match('-', Readable.from([good]), 'timer');
    expect(answers[0].error).toMatchObject({ code: 'unsupported-kind' });
  });
});
