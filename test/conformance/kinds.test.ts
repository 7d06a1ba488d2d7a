/** Every case recorded from Flink's operators, all kinds but patterns, through the command. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answer } from '../../src/cli/match/answer.js';

const CASES = join(import.meta.dirname, '../cases');

/** Kinds whose rows of one item have no order. */
const UNORDERED = new Set(['window', 'interval-join', 'window-join']);

interface Case {
  readonly name: string;
  readonly [field: string]: unknown;
}

const KINDS = [
  'window',
  'watermark-strategy',
  'watermark-splits',
  'watermark-valve',
  'interval-join',
  'window-join',
  'timers',
  'state-ttl',
  'key-groups',
];

/** What a case expects: everything that is not its input. */
const GIVEN = new Set(['about', 'rule', 'input', 'hashes', 'maxParallelism', 'parallelism']);

function resultOf(one: Readonly<Record<string, unknown>>, kind: string): unknown {
  const result = Object.fromEntries(Object.entries(one).filter(([key]) => !GIVEN.has(key)));
  return UNORDERED.has(kind) ? { ...result, output: byItem(result.output as { after: number }[]) } : result;
}

/** Sorted by item, then by content. */
function byItem(rows: readonly { readonly after: number }[]): string[] {
  for (const [index, row] of rows.entries()) if (index > 0) expect(row.after).toBeGreaterThanOrEqual(rows[index - 1].after);
  return rows.map((row) => `${String(row.after).padStart(9)} ${JSON.stringify(row, (_, value: unknown) => sortKeys(value))}`).sort();
}

function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe.each(KINDS)('%s: results and where they come out are those of Flink', (kind) => {
  const files = readdirSync(join(CASES, kind));

  it.each(files)('%s', (file) => {
    const lines = readFileSync(join(CASES, kind, file), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.length).toBeGreaterThan(0);
    const differences: string[] = [];
    for (const [index, line] of lines.entries()) {
      const expected = JSON.parse(line) as Case;
      const found = answer(line, index + 1, kind) as Case;
      try {
        expect(resultOf(found, kind)).toEqual(resultOf(expected, kind));
      } catch (error) {
        differences.push(`${expected.name}: ${(error as Error).message}`);
      }
    }
    expect(differences).toEqual([]);
  });
});

describe('a case that is wrong says why and where', () => {
  const select = '"select":{"n":"count()"}';
  it.each([
    ['window', `{"rule":{"window":{"tumbling":"1s"}}}`, 'missing-key', ''],
    ['window', `{"rule":{"window":{"tumbling":"0s"},${select}}}`, 'invalid-duration', '/window/tumbling'],
    ['window', `{"rule":{"window":{"tumbling":"1s","session":"1s"},${select}}}`, 'invalid-window', '/window'],
    ['window', `{"rule":{"window":{"session":"1s","offset":"1s"},${select}}}`, 'not-applicable', '/window/offset'],
    ['window', `{"rule":{"window":{"tumbling":"1s","offset":"-1s"},${select}}}`, 'out-of-range', '/window/offset'],
    ['window', `{"rule":{"window":{"sliding":{"size":"1s"}},${select}}}`, 'missing-key', '/window/sliding'],
    ['window', `{"rule":{"window":{"count":0},${select}}}`, 'out-of-range', '/window/count'],
    ['window', `{"rule":{"window":{"count":1},"select":{"n":"median(v)"}}}`, 'unknown-function', '/select/n'],
    ['window', `{"rule":{"window":{"count":1},"select":{"n":"v + 1"}}}`, 'invalid-aggregate', '/select/n'],
    ['window', `{"rule":{"window":{"count":1},"select":{"n":"sum()"}}}`, 'wrong-argument-count', '/select/n'],
    ['window', `{"rule":{"window":{"count":1},"select":{"n":"sum(v +)"}}}`, 'cel-syntax', '/select/n'],
    ['window', `{"rule":{"window":{"count":1},${select}},"input":[{"event":{}}]}`, 'missing-time', ''],
    ['window', `{"rule":{"window":{"count":1},${select}},"input":[{"evnt":{}}]}`, 'unknown-key', ''],
    ['watermark-strategy', '{"rule":{"interval":"1s"},"input":[]}', 'missing-key', ''],
    ['watermark-strategy', '{"rule":{"strategy":{"monotonous":true,"none":true}},"input":[]}', 'invalid-value', '/strategy'],
    ['watermark-splits', '{"rule":{"strategy":{"none":true}},"input":[{"remove":"p"}]}', 'invalid-value', ''],
    ['watermark-valve', '{"rule":{"channels":1},"input":[{"channel":1,"watermark":1}]}', 'out-of-range', ''],
    ['interval-join', '{"rule":{"between":{"lower":"2ms","upper":"1ms"}},"input":[]}', 'out-of-range', '/between/lower'],
    ['window-join', '{"rule":{"window":{"count":2}},"input":[]}', 'not-applicable', '/window/count'],
    ['timers', '{"rule":{"onTimer":[{"do":[]}]},"input":[]}', 'invalid-value', '/onTimer/0'],
    ['state-ttl', '{"rule":{"state":"queue","ttl":"1s"},"input":[]}', 'invalid-value', '/state'],
    ['key-groups', '{"parallelism":2,"maxParallelism":1}', 'out-of-range', ''],
  ])('%s %s', (kind, line, code, path) => {
    expect(answer(line, 1, kind)).toMatchObject({ name: null, error: { code, path, message: expect.any(String) } });
  });
});
