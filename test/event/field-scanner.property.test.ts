import fc from 'fast-check';
import { FieldScanner } from '../../src/engine/event/decode/field-scanner.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { decodeUtf8, JsonError, readJson } from '../../src/engine/event/json-reader.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? 20_260_101);
const WANTED = ['a', 'amount', '__proto__', 'naïve', '', 'tab\t', 'list', '\ud800', '\ufffd'];

const layout = new FieldLayout(6);
for (const name of WANTED) layout.slot(name);

/** What the exact reader makes of the bytes: the values of the wanted fields, or its error. */
function expected(bytes: Uint8Array): unknown {
  try {
    const whole = readJson(decodeUtf8(bytes), 6);
    if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return ['event-not-object', 0];
    return WANTED.map((name) => (Object.hasOwn(whole, name) ? whole[name] : 'missing'));
  } catch (error) {
    return [(error as JsonError).code, (error as JsonError).offset];
  }
}

function decoded(bytes: Uint8Array): unknown {
  try {
    const none = layout.decode(Buffer.from('{}'));
    return layout
      .decode(bytes)
      .slice(1)
      .map((value, i) => (value === none[i + 1] ? 'missing' : value));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return [error.code, error.offset];
  }
}

// Objects are compared key by key, -0 and BigInt included.
function agree(bytes: Uint8Array): void {
  expect(decoded(bytes)).toEqual(expected(bytes));
}

const space = fc.constantFrom('', '', '', ' ', '\n\t', '\r ');
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.constantFrom(
    '0',
    '-0',
    '-0.0',
    '01',
    '1.',
    '.5',
    '-',
    '1e5',
    '1E-7',
    '1e400',
    '-1e999',
    '2e99',
    '9007199254740993',
    '0.1234567890123456',
  ),
  fc.stringMatching(/^-?\d{1,18}(\.\d{1,18})?([eE][+-]?\d{1,3})?$/),
  fc.nat(400).map((digits) => '9'.repeat(digits)),
);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }).map((s) => JSON.stringify(s)),
  fc.string({ unit: 'grapheme-ascii', maxLength: 40 }).map((s) => JSON.stringify(s)),
  fc.constantFrom('"\\u00e9"', '"\\ud800"', '"\\x"', '"\\u12g4"', '"\u0001"', '"', '"naïve"', '"\ufeff"', '"a\\"b\\\\"'),
);
const json = fc.letrec<{ value: string; member: string }>((tie) => ({
  member: fc
    .tuple(fc.oneof(fc.constantFrom(...WANTED.map((name) => JSON.stringify(name)), '"\\u0061"', '"tab\\t"'), text), space, tie('value'))
    .map(([key, gap, value]) => `${key}${gap}:${gap}${value}`),
  value: fc.oneof(
    { maxDepth: 6, depthSize: 'small' },
    fc.constantFrom('true', 'false', 'null', 'tru', 'nul'),
    number,
    text,
    fc.tuple(fc.array(tie('value'), { maxLength: 3 }), space).map(([items, gap]) => `[${gap}${items.join(`${gap},`)}${gap}]`),
    fc.tuple(fc.array(tie('member'), { maxLength: 3 }), space).map(([members, gap]) => `{${gap}${members.join(`,${gap}`)}}`),
  ),
}));
const event = fc
  .tuple(space, fc.array(json.member, { maxLength: 6 }), space)
  .map(([gap, members, end]) => `${gap}{${members.join(`${end},`)}${gap}}${end}`);

it(`gives the values and the refusals of the exact reader (seed ${SEED})`, () => {
  fc.assert(
    fc.property(event, (source) => agree(Buffer.from(source))),
    { seed: SEED, numRuns: 4_000 },
  );
});

it(`so it does when bytes are changed, lost or doubled (seed ${SEED})`, () => {
  const change = fc.record({ at: fc.nat(200), byte: fc.nat(255), kind: fc.constantFrom('change', 'lose', 'double') });
  fc.assert(
    fc.property(event, fc.array(change, { minLength: 1, maxLength: 3 }), (source, changes) => {
      let bytes = [...Buffer.from(source)];
      for (const { at, byte, kind } of changes) {
        const place = at % (bytes.length + 1);
        const insert = kind === 'change' ? [byte] : kind === 'double' ? [bytes[place] ?? byte, bytes[place] ?? byte] : [];
        bytes = [...bytes.slice(0, place), ...insert, ...bytes.slice(place + 1)];
      }
      agree(Uint8Array.from(bytes));
    }),
    { seed: SEED, numRuns: 4_000 },
  );
});

it.each([
  ['a flat event', '{"a":"x","amount":12.5,"other":[1,{"b":null}],"list":true}'],
  ['text beyond ASCII', '{"naïve":"grün","x":"😀"}'],
  ['a big integer', '{"a":9007199254740993}'],
  ['escapes in values', '{"a":"\\"\\u00e9\\n","b":"\\\\"}'],
  ['a fraction of many digits', '{"a":0.12345678901234567,"b":1.7976931348623157e10}'],
])('%s needs no exact reader', (_, source) => {
  const scanner = new FieldScanner();
  scanner.want('a', 1);
  expect(scanner.scan(Buffer.from(source), [], 6)).toBe(true);
});

it.each(['[1]', '{', '{"a":1,}', '{"a":1}x', '{"\\u0061":1}', '{"a":1e400}', '{"a":01}', '{"x":"\u0001"}', '{"a":tru}'])(
  '%s is left to the exact reader',
  (source) => {
    const scanner = new FieldScanner();
    scanner.want('a', 1);
    expect(scanner.scan(Buffer.from(source), [], 6)).toBe(false);
  },
);

it('holds many wanted fields, and long texts, apart', () => {
  const wide = new FieldLayout();
  const names = Array.from({ length: 300 }, (_, i) => `f${i}`);
  for (const name of names) wide.slot(name);
  const values = names.map((name, i) => (i % 2 === 0 ? name.repeat(1 + (i % 20)) : i));
  const raw = Buffer.from(JSON.stringify(Object.fromEntries(names.map((name, i) => [name, values[i]]))));
  expect(wide.decode(raw).slice(1)).toEqual(values);
  expect(wide.decode(raw).slice(1)).toEqual(values);
});
