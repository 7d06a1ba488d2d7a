import fc from 'fast-check';
import { BinaryWriter, isTextAt } from '../../src/engine/state/binary.js';
import { hashOf } from '../../src/engine/state/key-group.js';
import { KeyTable, NO_SLOT } from '../../src/engine/state/key-table.js';
import { ValueArena } from '../../src/engine/state/value-arena.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? Date.now() % 1_000_000);

describe(`what keys at rest are kept in (TRIPLINE_TEST_SEED=${SEED})`, () => {
  it('a table of keys is a map from key to slot, whatever comes and goes', () => {
    // Few hashes, so that runs of places are long and wrap around.
    const step = fc.record({ key: fc.nat(60), add: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), fc.constantFrom(1, 5, 1_000), (steps, hashes) => {
        const keyOf = new Map<number, string>();
        const table = new KeyTable((slot, key) => keyOf.get(slot) === key);
        const hash = (key: string): number => (hashOf(key) % hashes) * 128;
        const slotOf = new Map<string, number>();
        for (const { key: number, add } of steps) {
          const key = `key-${number}`;
          const known = slotOf.get(key);
          expect(table.find(key, hash(key))).toBe(known ?? NO_SLOT);
          if (add && known === undefined) {
            const slot = table.add(hash(key));
            expect(keyOf.has(slot)).toBe(false);
            keyOf.set(slot, key);
            slotOf.set(key, slot);
          } else if (!add && known !== undefined) {
            table.remove(known);
            keyOf.delete(known);
            slotOf.delete(key);
          }
          expect([table.size, table.sizeOfGroup(0)]).toEqual([slotOf.size, slotOf.size]);
        }
        expect(new Set(table.slotsOfGroup(0))).toEqual(new Set(slotOf.values()));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('an arena gives back what was put in, and holds little more than that', () => {
    const length = fc.oneof(
      { weight: 20, arbitrary: fc.nat(600) },
      { weight: 1, arbitrary: fc.constantFrom(100_000, 1_048_568, 1_500_001) },
    );
    const step = fc.record({ number: fc.nat(40), length: fc.option(length, { freq: 3 }) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 400 }), (steps) => {
        const arena = new ValueArena();
        const values = new Map<number, Buffer>();
        const views = new Map<Buffer, Buffer>();
        steps.forEach(({ number, length: bytes }, i) => {
          if (values.has(number)) arena.delete(number);
          values.delete(number);
          if (bytes !== null) {
            const value = Buffer.alloc(bytes, i);
            arena.set(number, value);
            values.set(number, value);
            views.set(arena.get(number), value);
          }
          const alive = [...values.values()].reduce((sum, value) => sum + 8 + Math.ceil(value.length / 4) * 4, 0);
          expect(arena.aliveBytes).toBe(alive);
          expect(arena.heldBytes).toBeLessThan(2.5 * alive + 2 ** 21);
        });
        for (let number = 0; number <= 41; number++) {
          expect(arena.has(number)).toBe(values.has(number));
          if (values.has(number)) expect(arena.get(number).equals(values.get(number) as Buffer)).toBe(true);
        }
        for (const [view, value] of views) expect(view.equals(value)).toBe(true);
        for (const number of values.keys()) arena.delete(number);
        expect([arena.aliveBytes, arena.heldBytes]).toEqual([0, 0]);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('texts are compared as they are written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ unit: 'binary', maxLength: 3 }), (text, other) => {
        const out = new BinaryWriter();
        out.text('before');
        const at = out.length;
        out.text(text);
        expect(isTextAt(out.view(), at, text)).toBe(true);
        expect(isTextAt(out.view(), at, other)).toBe(text === other);
      }),
      { seed: SEED },
    );
  });
});
