import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse, parseAllDocuments } from 'yaml';
import { readRule, readStream } from '../../src/engine/rule/index.js';

const ajv = new Ajv({ allErrors: true, strict: false });
const RULE = ajv.compile(JSON.parse(readFileSync('schema/rule.schema.json', 'utf8')));
const STREAM = ajv.compile(JSON.parse(readFileSync('schema/stream.schema.json', 'utf8')));

const ready = readdirSync('rules', { recursive: true, encoding: 'utf8' })
  .filter((file) => /(rule|stream)\.yaml$/.test(file))
  .map((file) => `rules/${file}`);
const examples = [...readFileSync('docs/rules.md', 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml);

function errorsOf(validate: typeof RULE, document: unknown): unknown {
  return validate(document) ? [] : validate.errors;
}

/** An example of the docs as a whole document; undefined for a sink. */
function whole(yaml: string): { stream?: unknown; rule?: unknown } | undefined {
  const value = parse(yaml) as Record<string, unknown>;
  if (Array.isArray(value)) return { rule: { id: 'example', from: 's', pattern: value } };
  if ('kafka' in value || 'webhook' in value) return undefined;
  if ('name' in value) return { stream: value };
  const body = 'window' in value ? { select: { n: 'count()' } } : { pattern: [{ begin: 'a' }] };
  return { rule: { id: 'example', from: 's', ...body, ...value } };
}

it.each(ready)('%s fits', (file) => {
  const documents = parseAllDocuments(readFileSync(file, 'utf8')).flatMap((document) => document.toJS() as unknown);
  for (const document of documents) expect(errorsOf(file.endsWith('rule.yaml') ? RULE : STREAM, document)).toEqual([]);
});

it.each(examples.flatMap((yaml) => whole(yaml) ?? []))('an example of docs/rules.md fits: %j', ({ rule, stream }) => {
  expect(stream === undefined ? errorsOf(RULE, rule) : errorsOf(STREAM, stream)).toEqual([]);
});

const BASE = { id: 'r', from: 's', pattern: [{ begin: 'a' }], within: '1h' };
const WINDOW = { id: 'r', from: 's', window: { tumbling: '1m' }, select: { n: 'count()' } };

/** Both the schema and the reader refuse these. */
it.each<[string, object]>([
  ['an unknown key', { ...BASE, patern: [] }],
  ['no stream', { id: 'r', pattern: BASE.pattern, within: '1h' }],
  ['an id with a capital', { ...BASE, id: 'R' }],
  ['a duration without unit', { ...BASE, within: '10' }],
  ['a first step without begin', { ...BASE, pattern: [{ next: 'a' }] }],
  ['a second begin', { ...BASE, pattern: [{ begin: 'a' }, { begin: 'b' }] }],
  ['two links', { ...BASE, pattern: [{ begin: 'a' }, { next: 'b', followedBy: 'b' }] }],
  ['an unknown key in a step', { ...BASE, pattern: [{ begin: 'a', when: 'true' }] }],
  ['times of 0', { ...BASE, pattern: [{ begin: 'a', times: 0 }] }],
  ['one branch', { ...BASE, pattern: [{ begin: 'a', oneOf: [{ begin: 'b' }] }] }],
  ['skip to no step', { ...BASE, skip: { strategy: 'toFirst' } }],
  ['a pattern and a window', { ...BASE, ...WINDOW }],
  ['neither', { id: 'r', from: 's' }],
  ['a window of two kinds', { ...WINDOW, window: { tumbling: '1m', session: '1m' } }],
  ['a window rule with skip', { ...WINDOW, skip: 'noSkip' }],
  ['an unknown aggregate', { ...WINDOW, select: { n: 'median(x)' } }],
  ['a reserved name', { ...WINDOW, select: { event: 'count()' } }],
  ['an offset of a session', { ...WINDOW, window: { session: '1m', offset: '1s' } }],
])('a rule with %s is refused', (_what, document) => {
  expect([RULE(document), readRule(document).problems.length > 0]).toEqual([false, true]);
});

it.each<[string, object]>([
  ['no name', { time: { field: 'ts' } }],
  ['an unknown type', { name: 's', fields: { a: 'text' } }],
  ['two sources', { name: 's', source: { http: {}, kafka: { topic: 't' } } }],
  ['dedupe without id', { name: 's', dedupe: { for: '1m' } }],
  ['time without field', { name: 's', time: { format: 'epochMillis' } }],
  ['never being late', { name: 's', outOfOrderness: 'never' }],
])('a stream with %s is refused', (_what, document) => {
  expect([STREAM(document), readStream(document).problems.length > 0]).toEqual([false, true]);
});

it.each([
  ['base', BASE],
  ['window', WINDOW],
])('the rule that they are made from fits: %s', (_what, document) => {
  expect([errorsOf(RULE, document), readRule(document).problems]).toEqual([[], []]);
});
