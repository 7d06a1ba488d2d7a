import fc from 'fast-check';
import { Event } from '../../src/engine/event/event.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { ExpressionTableBuilder } from '../../src/engine/expr/index.js';
import { PredicateIndex } from '../../src/engine/match/index/predicate-index.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? 20_260_101);
const SCOPE = { event: true, steps: [] };

function indexOf(texts: readonly string[]) {
  const layout = new FieldLayout();
  const table = new ExpressionTableBuilder(layout);
  const conditions = texts.map((text) => table.addCondition(text, SCOPE));
  const index = new PredicateIndex(
    conditions.map(({ analysis }, item) => ({ trigger: { condition: analysis }, item })),
    layout,
  );
  const { functions } = table.build();
  const eventOf = (json: string): Event => {
    const raw = Buffer.from(json);
    return new Event(layout, 's', 0, 0, 0, raw, layout.decode(raw));
  };
  const notFalseFor = (event: Event): number[] =>
    conditions.flatMap(({ number }, i) => (functions[number](event, null) === false ? [] : [i]));
  return { index, eventOf, notFalseFor };
}

const field = fc.constantFrom('type', 'amount', 'country');
const literal = fc.constantFrom('"a"', '"b"', '"1"', '1', '2.5', '-0.0', '0', 'true', 'null', '9007199254740992');
const predicate = fc.oneof(
  fc.tuple(field, fc.constantFrom('==', '!=', '<', '<=', '>', '>='), literal).map((parts) => parts.join(' ')),
  fc
    .tuple(field, fc.array(fc.constantFrom('"a"', '"b"', '1', '2.5'), { minLength: 1, maxLength: 3 }))
    .map(([name, set]) => `${name} in [${set.join(', ')}]`),
  fc.constantFrom('has(event.type)', 'size(type) > 0', 'amount > 1 || type == "a"'),
);
const condition = fc.array(predicate, { minLength: 1, maxLength: 3 }).map((all) => all.join(' && '));
const value = fc.constantFrom(
  '"a"',
  '"b"',
  '"1"',
  '1',
  '2.5',
  '-0',
  '0',
  'true',
  'null',
  '[1]',
  '{}',
  '9007199254740993',
  '9007199254740992',
  '-9007199254740993',
);
const event = fc.dictionary(fc.constantFrom('type', 'amount', 'country', 'other'), value).map(
  (fields) =>
    `{${Object.entries(fields)
      .map(([name, v]) => `"${name}":${v}`)
      .join(',')}}`,
);

it(`every condition that is true or an error for an event is found (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.array(condition, { maxLength: 20 }), fc.array(event, { minLength: 1, maxLength: 10 }), (texts, events) => {
      const { index, eventOf, notFalseFor } = indexOf(texts);
      for (const json of events) {
        const one = eventOf(json);
        expect([...index.find(one)]).toEqual(expect.arrayContaining(notFalseFor(one)));
      }
    }),
    { seed: SEED, numRuns: 150 },
  );
});

it('finds few among many: by hash, by sets, by bounds', () => {
  const texts = Array.from(
    { length: 900 },
    (_, i) => [`type == "t${i}" && amount > 5`, `country in ["c${i}", "x"]`, `amount > ${i}`][i % 3],
  );
  const { index, eventOf } = indexOf(texts);
  const candidates = (json: string) => [...index.find(eventOf(json))].sort((a, b) => a - b);
  expect(candidates('{"type":"t3","amount":-1,"country":"c4"}')).toEqual([4]);
  expect(candidates('{"type":"t3","amount":9,"country":"c4"}')).toEqual([2, 3, 4, 5, 8]);
  expect(candidates('{"type":"t3","amount":9,"country":"x"}')).toHaveLength(304);
  // A comparison that cannot be made is an error, which is counted.
  expect(candidates('{"type":"t3","country":"c4","amount":"9"}')).toHaveLength(302);
  expect(candidates('{"amount":-1,"country":"c4"}')).toHaveLength(301);
});
