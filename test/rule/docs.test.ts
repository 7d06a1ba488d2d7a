import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readSink } from '../../src/connectors/sink-document.js';
import { type Problem } from '../../src/engine/problem/problem.js';
import { readRule, readStream } from '../../src/engine/rule/index.js';

const text = readFileSync(join(process.cwd(), 'docs/rules.md'), 'utf8');
const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml);

const SINK_KEYS = ['kafka', 'webhook'];

/** An example is a sink, a whole rule, a stream, the steps of a pattern, or some keys of a rule. */
function problemsOf(yaml: string): readonly Problem[] {
  const value: unknown = parse(yaml);
  if (Array.isArray(value)) return readRule({ id: 'example', from: 's', pattern: value, within: '1h' }).problems;
  if (SINK_KEYS.some((key) => Object.hasOwn(value as object, key))) return readSink(value, 'example').problems;
  if (Object.hasOwn(value as object, 'name')) return readStream(value).problems;
  const body = Object.hasOwn(value as object, 'window') ? { select: { n: 'count()' } } : { pattern: [{ begin: 'a' }] };
  return readRule({ id: 'example', from: 's', ...body, ...(value as object) }).problems;
}

describe('docs/rules.md', () => {
  it('has examples', () => expect(examples.length).toBeGreaterThan(10));
  it.each(examples)('%s', (yaml) => expect(problemsOf(yaml)).toEqual([]));

  it('links only to its own headings', () => {
    const anchors = [...text.matchAll(/^##+ (.+)$/gm)].map(([, heading]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^a-z -]/g, '')
        .replaceAll(' ', '-'),
    );
    expect([...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor).filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  });
});
