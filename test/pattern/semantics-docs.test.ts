import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type PatternResult, runPatternCase } from '../../src/cli/match/pattern-case.js';

interface Given {
  readonly ts: number;
  readonly type: string;
  readonly v?: number;
}

const text = readFileSync(join(process.cwd(), 'docs/semantics.md'), 'utf8');
const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```\s+```text\nevents (.*)\n([\s\S]*?)```/g)].map(([, yaml, events, expected]) => ({
  yaml,
  events,
  expected: expected.trim().split('\n'),
}));

/** "1:a 2:b=7 | 40" */
function readEvents(line: string): { events: Given[]; watermark: number } {
  const [list, end] = line.split(' | ');
  const events = list.split(' ').map((item): Given => {
    const [, time, type, v] = /^(\d+):(\w+)(?:=(\d+))?$/.exec(item) as unknown as string[];
    return { ts: Number(time), type, ...(v !== undefined && { v: Number(v) }) };
  });
  return { events, watermark: Number(end ?? events[events.length - 1].ts) };
}

function lines({ matches, timeouts }: PatternResult, events: readonly Given[], watermark: number): string[] {
  const point = (row: object) =>
    'at' in row ? `at ${events[row.at as number].ts}` : `when time reaches ${events[(row as { before: number }).before]?.ts ?? watermark}`;
  const steps = (row: { steps: Record<string, number[]> }) =>
    Object.entries(row.steps)
      .map(([name, indexes]) => `${name} ${indexes.map((index) => events[index].ts).join(' ')}`)
      .join(', ');
  const all = [
    ...matches.map((row) => `match ${point(row)}: ${steps(row)}`),
    ...timeouts.map((row) => `timeout ${point(row)}, due ${row.time}: ${steps(row)}`),
  ];
  return all.length > 0 ? all : ['nothing'];
}

describe('docs/semantics.md', () => {
  it('has as many examples as it has documents', () => {
    expect(examples.length).toBeGreaterThan(30);
    expect(examples.length).toBe(text.split('```yaml').length - 1);
  });

  it.each(examples)('$yaml$events', ({ yaml, events: line, expected }) => {
    const document = parse(yaml) as object;
    const rule = Array.isArray(document) ? { pattern: document } : document;
    const { events, watermark } = readEvents(line);
    const result = runPatternCase(JSON.parse(JSON.stringify({ rule, events, watermark })));
    expect(lines(result, events, watermark).sort()).toEqual([...expected].sort());
  });
});
