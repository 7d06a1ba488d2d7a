/**
 * The windows of rules against the window operator that the conformance cases hold to Flink: over events in
 * order, with a watermark before each event that says all earlier ones have come, both give the same.
 */
import fc from 'fast-check';
import { answer } from '../../src/cli/match/answer.js';
import type { WindowSpec } from '../../src/engine/window/spec/window-spec.js';
import { type Reading, type Result, runMatcher } from './support.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? 20_260_101);
const SELECT = { n: 'count()', total: 'sum(v)', lowest: 'min(v)', highest: 'max(v)', mean: 'avg(v)' };

const small = fc.integer({ min: 1, max: 12 });
const offset = (period: number) => fc.integer({ min: 1 - period, max: period - 1 });

const specs: fc.Arbitrary<WindowSpec> = fc.oneof(
  small.chain((size) => fc.record({ kind: fc.constant('tumbling' as const), size: fc.constant(size), offset: offset(size) })),
  small.chain((every) =>
    fc.record({ kind: fc.constant('sliding' as const), size: small, every: fc.constant(every), offset: offset(every) }),
  ),
  fc.record({ kind: fc.constant('session' as const), gap: small }),
  fc.record({ kind: fc.constant('count' as const), size: small, every: small }),
);

const readings: fc.Arbitrary<Reading[]> = fc
  .array(fc.record({ ts: fc.integer({ min: -30, max: 60 }), v: fc.integer({ min: -40, max: 40 }).map((n) => n / 4) }), { maxLength: 30 })
  .map((list) => list.sort((a, b) => a.ts - b.ts));

function documentOf(spec: WindowSpec): object {
  const ms = (time: number): string => `${time}ms`;
  switch (spec.kind) {
    case 'tumbling':
      return { tumbling: ms(spec.size), offset: ms(spec.offset) };
    case 'sliding':
      return { sliding: { size: ms(spec.size), every: ms(spec.every) }, offset: ms(spec.offset) };
    case 'session':
      return { session: ms(spec.gap) };
    case 'count':
      return { count: { size: spec.size, every: spec.every } };
  }
}

function runOperator(spec: WindowSpec, events: readonly Reading[], until: number): Result[] {
  const input = events.flatMap((event) => [{ watermark: event.ts - 1 }, { event }]);
  const line = JSON.stringify({
    name: 'x',
    rule: { window: documentOf(spec), select: SELECT },
    input: [...input, { watermark: until - 1 }],
  });
  const { output } = answer(line, 1, 'window') as { output: (Result & { after: number; key: unknown })[] };
  return output.map(({ after: _after, key: _key, ...result }) => result);
}

it(`a rule's windows give what the window operator gives, whenever their state is written and read (seed ${SEED})`, () => {
  fc.assert(
    fc.property(specs, readings, fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (spec, events, cuts) => {
      expect(runMatcher(spec, events, 100, (index) => cuts[index])).toEqual(runOperator(spec, events, 100));
    }),
    { seed: SEED, numRuns: 1_000 },
  );
});
