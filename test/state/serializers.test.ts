import fc from 'fast-check';
import { BinaryReader, BinaryWriter } from '../../src/engine/state/binary.js';
import { plainSerializer, plainSerializerOf } from '../../src/engine/state/serializer/plain-serializer.js';
import { resolveSchemaCompatibility, type TypeSerializer } from '../../src/engine/state/serializer/type-serializer.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? Date.now() % 1_000_000);

function bytesOf<T>(serializer: TypeSerializer<T>, value: T): Uint8Array {
  const out = new BinaryWriter(4);
  serializer.write(value, out);
  return out.toBytes();
}

const leaf = fc.oneof(
  fc.constantFrom(undefined, null, true, false, -0, NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 60)),
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.string({ unit: 'binary' }),
  fc.constant('lone \ud800 surrogate'),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
);
const { value: plain } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('list'), tie('object'), tie('map'), tie('set')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  map: fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
  set: fc.array(tie('value'), { maxLength: 4 }).map((values) => new Set(values)),
}));

describe(`plain values (TRIPLINE_TEST_SEED=${SEED})`, () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(plain, (value) => {
        const from = new BinaryReader(bytesOf(plainSerializer, value));
        expect(plainSerializer.read(from, 1)).toEqual(value);
        expect(from.done).toBe(true);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it.each([
    ['a function', () => 1, 'a function is not a plain value'],
    ['an instance', { deep: [new (class Account {})()] }, 'a Account is not a plain value'],
    ['a symbol', Symbol('x'), 'a symbol is not a plain value'],
  ])('%s is refused', (_name, value, message) => {
    expect(() => bytesOf(plainSerializer, value)).toThrow(message);
  });
});

describe('versions', () => {
  const first = plainSerializerOf<{ name: string }>({ name: 'person', version: 1 });
  const second = plainSerializerOf<{ first: string; age: number }>({
    name: 'person',
    version: 2,
    migrate: (value) => ({ first: (value as { name: string }).name, age: 0 }),
  });

  it('what an older version wrote is migrated, what this one wrote is not', () => {
    expect(second.read(new BinaryReader(bytesOf(first, { name: 'Ada' })), 1)).toEqual({ first: 'Ada', age: 0 });
    expect(second.read(new BinaryReader(bytesOf(second, { first: 'Ada', age: 36 })), 2)).toEqual({ first: 'Ada', age: 36 });
  });

  it.each([
    [second, { name: 'person', version: 2 }, 'compatibleAsIs'],
    [second, { name: 'person', version: 1 }, 'compatibleAfterMigration'],
    [first, { name: 'person', version: 2 }, 'incompatible'],
    [first, { name: 'animal', version: 1 }, 'incompatible'],
  ] as const)('compatibility', (serializer, restored, expected) => {
    expect(resolveSchemaCompatibility(serializer, restored)).toBe(expected);
  });
});
