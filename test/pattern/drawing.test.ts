import { readFileSync } from 'node:fs';
import { drawNfa } from '../../src/engine/nfa/index.js';
import type { PatternDocument } from '../../src/engine/pattern/index.js';
import { readCases } from '../conformance/support.js';
import { NFA_EXAMPLE } from '../../src/service/docs/examples.js';
import { prepare } from './support.js';

const small = { begin: 'small', where: 'amount < 1' };
const large = { followedBy: 'large', where: 'amount > 500' };

/** Drawn in drawings/NAME.mmd. */
const GOLDEN: Readonly<Record<string, PatternDocument>> = {
  'card-testing': {
    pattern: [
      { ...small, times: { min: 3 }, until: 'blocked' },
      { ...large, within: '5m' },
    ],
    within: '10m',
  },
  absence: {
    pattern: [
      { begin: 'order', where: 'type == "order"' },
      { notFollowedBy: 'cancel', where: 'type == "cancel"' },
      { followedBy: 'pack', where: 'type == "pack"' },
      { notFollowedBy: 'delay', where: 'type == "delay"', for: '30s' },
      { followedBy: 'send', where: 'type == "send" && weight<5 && note != "a;b::c"' },
      { notFollowedBy: 'back', where: 'type == "back"', within: '5d' },
    ],
    within: '30d',
  },
  branches: {
    pattern: [
      {
        begin: 'all',
        allOf: [
          { begin: 'a', where: 'v == 1' },
          { begin: 'b', where: 'v == 2', times: 2 },
          { begin: 'c', where: 'v == 3' },
        ],
      },
      { followedBy: 'maybe', where: 'v == 6', optional: true },
      {
        followedBy: 'one',
        oneOf: [
          { begin: 'd', where: 'v == 4' },
          { begin: 'e', where: 'v == 5' },
        ],
        times: 2,
      },
    ],
    within: '1h',
  },
};

/** What Mermaid's parser takes of what is drawn. Its own needs a browser's document. */
const TEXT = String.raw`(?:(?!::|%%|<[^\s=])[^;\r\n#]|#\d+;)+`;
const LINE = new RegExp(
  `^  (?:s\\d+: ${TEXT}|\\[\\*\\] --> s\\d+|s\\d+ --> (?:s\\d+|\\[\\*\\]): ${TEXT}|note right of s\\d+|  within [\\w ,]+|end note)$`,
);

function problemsOf(drawing: string): string[] {
  const [type, direction, ...lines] = drawing.trimEnd().split('\n');
  const labels = [...drawing.matchAll(/^ {2}s\d+: (.*)$/gm)].map(([, label]) => label);
  const repeated = labels.filter((label, index) => labels.indexOf(label) !== index);
  const wrong = lines.filter((line) => !LINE.test(line));
  return [...(type === 'stateDiagram-v2' && direction === '  direction LR' ? [] : [type]), ...wrong, ...repeated];
}

it.each(Object.entries(GOLDEN))('draws %s', (name, document) => {
  const drawing = drawNfa(prepare(document).nfa);
  expect(drawing).toBe(readFileSync(`test/pattern/drawings/${name}.mmd`, 'utf8'));
  expect(problemsOf(drawing)).toEqual([]);
});

it.each(['examples', 'random', 'recorded', 'flink-tests'])('draws all patterns of %s, no two states with one label', (file) => {
  const found = readCases(`${file}.jsonl`).flatMap(({ name, rule }) => {
    const problems = problemsOf(drawNfa(prepare(rule as PatternDocument).nfa));
    return problems.length > 0 ? [{ name, problems }] : [];
  });
  expect(found).toEqual([]);
});

it('escapes what Mermaid would read as its own, and no more', () => {
  const where = 'a<b && c < 3 && d <= 4 || f == "x;y#z" ||\n  g == "%% ::: <script>"';
  expect(drawNfa(prepare({ pattern: [{ begin: 'a', where }] }).nfa)).toContain(
    ': take if a#60;b && c < 3 && d <= 4 || f == "x#59;y#35;z" || g == "#37;% #58;#58;: #60;script>"\n',
  );
});

it('counts the events of a step, the rounds of its group included', () => {
  const group = [{ begin: 'a' }, { next: 'b', times: 2 }];
  const drawing = drawNfa(prepare({ pattern: [{ begin: 'g', group, times: 2 }] }).nfa);
  expect([...drawing.matchAll(/^ {2}s\d+: (.*)$/gm)].map(([, label]) => label)).toEqual([
    'a, 1st event',
    'b, 1st event',
    'b, 2nd event',
    'a, 2nd event',
    'b, 3rd event',
    'b, 4th event',
  ]);
});

it('the API and the documentation show what is drawn', () => {
  expect(drawNfa(prepare({ pattern: [small, large], within: '10m' }).nfa)).toBe(NFA_EXAMPLE);
  expect(readFileSync('docs/rules.md', 'utf8')).toContain(`\`\`\`mermaid\n${NFA_EXAMPLE}\`\`\`\n`);
});
