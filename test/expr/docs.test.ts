import { readFileSync } from 'node:fs';
import { evaluate } from './support.js';

/** Every example of docs/expressions.md. */
const EXAMPLES = [...readFileSync('docs/expressions.md', 'utf8').matchAll(/^\| `([^`]+)` \| `([^`]+)` \|$/gm)].map(([, source, value]) => [
  source,
  value,
]);

it.each(EXAMPLES)('%s is %s', (source, value) => {
  expect(evaluate(source)).toEqual(JSON.parse(value));
});

it('finds the examples', () => {
  expect(EXAMPLES.length).toBeGreaterThan(20);
});
