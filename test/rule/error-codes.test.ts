import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES } from '../../src/engine/problem/codes.js';

const CODE = "'([a-z0-9]+(?:-[a-z0-9]+)+)'";

/** The ways in which the sources give a code. */
const USES = [
  `\\bcode(?:: | = )${CODE}`,
  `(?:\\bproblem|\\breject|\\binvalid|\\bletter)\\((?:\\w+, )?${CODE}`,
  `(?:JsonError|StorageError)\\(\\s*${CODE}`,
  `DomainError\\([^,]+,\\s*${CODE}`,
  `problem(?:Document|Example)\\([^,]+,\\s*${CODE}`,
  `(?:\\b[45]\\d\\d: |\\[[45]\\d\\d, )${CODE}`,
  `\\brefuse\\(.*, ${CODE}\\)`,
].map((source) => new RegExp(source, 'g'));

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('codes.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

const texts = sources(join(process.cwd(), 'src'));
const used = new Set(texts.flatMap((text) => USES.flatMap((use) => [...text.matchAll(use)].map((found) => found[1]))));
const documented = new Map(
  [...readFileSync(join(process.cwd(), 'docs/errors.md'), 'utf8').matchAll(/^\| `([a-z0-9-]+)` \| (.+) \|$/gm)].map((row) => [
    row[1],
    row[2],
  ]),
);

describe('error codes', () => {
  it('are found in the sources', () => expect(used.size).toBeGreaterThan(50));

  it('are registered when they are used', () => expect([...used].filter((code) => !Object.hasOwn(ERROR_CODES, code))).toEqual([]));

  it('are used when they are registered', () => {
    const all = texts.join('\n');
    expect(Object.keys(ERROR_CODES).filter((code) => !all.includes(`'${code}'`))).toEqual([]);
  });

  it('are sorted', () => expect(Object.keys(ERROR_CODES)).toEqual(Object.keys(ERROR_CODES).sort()));

  it('stand in docs/errors.md with their meaning, and no others do', () => expect(Object.fromEntries(documented)).toEqual(ERROR_CODES));
});
