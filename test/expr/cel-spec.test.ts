import { readFileSync } from 'node:fs';
import { files, run } from './cel-spec.js';
import { OTHER_FILES, outOfScope } from './cel-spec-scope.js';

/** Cases in scope that Tripline answers otherwise. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['ceil', 'floor', 'round', 'trunc'].map((f) => [`math_ext/${f}/dyn_error`, 'an integer is a double, so it can be rounded']),
  ),
  'namespace/namespace/self_eval_container_lookup': 'there are no containers: a bare name is a field of the event',
  'namespace/namespace/self_eval_container_lookup_unchecked': 'there are no containers: a bare name is a field of the event',
};

const SUITE = [...files()].filter(([file]) => !Object.hasOwn(OTHER_FILES, file));

const counts = SUITE.map(([file, cases]) => {
  const inScope = cases.filter((c) => outOfScope(c) === undefined);
  const wrong = inScope.flatMap(({ name, test }) => {
    const found = run(test);
    return found === undefined ? [] : [{ name, text: `${name}: ${test.original.expr}: ${found}` }];
  });
  return { file, cases: cases.length, inScope: inScope.length, wrong };
});

it.each(counts)("CEL's official suite: $file passes but for the exceptions", ({ cases, wrong }) => {
  expect(cases).toBeGreaterThan(0);
  expect(wrong.filter(({ name }) => !Object.hasOwn(EXCEPTIONS, name)).map(({ text }) => text)).toEqual([]);
});

it('the shares are those of docs/expressions.md', () => {
  const rows = counts.map(({ file, cases, inScope, wrong }) => `| ${file} | ${cases} | ${inScope} | ${inScope - wrong.length} |`);
  const table = readFileSync('docs/expressions.md', 'utf8')
    .split('\n')
    .filter((line) => /^\| [a-z0-9_]+ \| \d+ \| \d+ \| \d+ \|$/.test(line));
  expect(table).toEqual(rows);
});

it('the exceptions and their reasons stand in docs/expressions.md', () => {
  const rows = Object.entries(EXCEPTIONS).map(([name, why]) => `| ${name} | ${why} |`);
  const table = readFileSync('docs/expressions.md', 'utf8').split('\n');
  expect(table.filter((line) => /^\| \w+\/\S+ \| /.test(line))).toEqual(rows);
});

it('has no exception that passes', () => {
  expect(Object.keys(EXCEPTIONS).sort()).toEqual(counts.flatMap(({ wrong }) => wrong.map(({ name }) => name)).sort());
});
