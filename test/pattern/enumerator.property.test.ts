import fc from 'fast-check';
import { runPatternCase } from '../../src/cli/match/pattern-case.js';
import { readPattern } from '../../src/engine/pattern/index.js';
import { events, type Features, patterns } from './enumerator/arbitraries.js';
import { documentOf } from './enumerator/document.js';
import { type Assignment, enumerate } from './enumerator/enumerate.js';
import type { Sample, SamplePattern } from './enumerator/sample.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? 20_260_101);
const RUNS = Number(process.env.TRIPLINE_TEST_RUNS ?? 80);

function shown(steps: Assignment): string {
  return [...steps]
    .sort(([, [a]], [, [b]]) => a - b)
    .map(([name, taken]) => `${name}:${taken.join(',')}`)
    .join(' ');
}

function found(pattern: SamplePattern, stream: readonly Sample[], watermark: number): string[] {
  const rule = documentOf(pattern);
  const { matches } = runPatternCase(JSON.parse(JSON.stringify({ rule, events: stream, watermark })));
  return [...new Set(matches.map(({ steps }) => shown(new Map(Object.entries(steps)))))].sort();
}

function defined(pattern: SamplePattern, stream: readonly Sample[], watermark: number): string[] {
  return [...new Set(enumerate(pattern, stream, watermark).map(shown))].sort();
}

const families: readonly (readonly [string, Features])[] = [
  ['links, loops and optional steps', {}],
  ['negations', { negations: 0.5 }],
  ['greedy loops and until', { greedy: 0.4, untils: 0.5 }],
  ['bounds of steps and loops', { bounds: 0.5 }],
  ['bounds and negations', { bounds: 0.4, negations: 0.5 }],
  ['groups', { groups: 0.8 }],
  ['groups with negations', { groups: 0.6, negations: 0.4 }],
  ['groups with until', { groups: 0.8, untils: 0.6 }],
  ['groups with greedy loops', { groups: 0.6, greedy: 0.5, untils: 0.2 }],
  ['groups with bounds', { groups: 0.6, bounds: 0.4 }],
  ['oneOf and allOf', { choices: 0.8 }],
  ['oneOf and allOf with groups and all that ends them', { choices: 0.5, groups: 0.4, bounds: 0.2, negations: 0.3, untils: 0.2 }],
  ['absences with a time of their own', { absences: 0.6 }],
  ['absences with bounds', { absences: 0.6, bounds: 0.4 }],
  ['absences between groups and choices', { absences: 0.6, groups: 0.4, choices: 0.3 }],
  ['loops over distinct values', { distinct: 0.8 }],
];

describe(`the matcher finds what the definition says, and nothing else (seed ${SEED})`, () => {
  it.each(families)('%s', (_, features) => {
    const accepted = patterns(features).filter((pattern) => readPattern(documentOf(pattern)).pattern !== undefined);
    const property = fc.property(accepted, events, fc.nat(12), (pattern, stream, later) => {
      const watermark = (stream.at(-1)?.ts ?? 0) + later;
      expect(found(pattern, stream, watermark)).toEqual(defined(pattern, stream, watermark));
    });
    fc.assert(property, { seed: SEED, numRuns: RUNS });
  });
});
