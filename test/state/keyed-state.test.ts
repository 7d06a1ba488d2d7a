import fc from 'fast-check';
import { keyOf, keyOfAll, NO_KEY } from '../../src/engine/state/key.js';
import { DeadlineQueue } from '../../src/engine/state/deadline-queue.js';
import { RecordingOperator } from '../support/recording-operator.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? Date.now() % 1_000_000);

describe(`deadlines and keys (TRIPLINE_TEST_SEED=${SEED})`, () => {
  it('come in order of time, then of id, whatever was moved and removed', () => {
    const step = fc.record({ item: fc.nat(7), deadline: fc.oneof(fc.nat(5), fc.constant(Infinity)), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ids = 'hgfedcba';
        const queue = new DeadlineQueue((a, b) => ids[a] < ids[b]);
        const expected = new Map<string, number>();
        for (const { item, deadline, remove } of steps) {
          if (remove) queue.remove(item);
          else queue.schedule(item, deadline);
          if (remove || deadline === Infinity) expected.delete(ids[item]);
          else expected.set(ids[item], deadline);
          expect(queue.deadlineOf(item)).toBe(expected.get(ids[item]) ?? Infinity);
        }
        const taken: [string, number][] = [];
        while (queue.size > 0) {
          const { earliest } = queue;
          taken.push([ids[queue.take()], earliest]);
        }
        expect(taken).toEqual([...expected].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('a key that has gone leaves nothing in the queue, and nothing to write when no snapshot knew it', () => {
    const { state } = new RecordingOperator('x');
    for (let i = 0; i < 1_000; i++) {
      const entry = RecordingOperator.entry(`key-${i % 10}`, 'text');
      state.add(entry);
      state.schedule(entry, 1e9);
      state.forget(entry);
    }
    expect([state.size, state.earliest]).toEqual([0, Infinity]);
    const written: string[] = [];
    const write = (): unknown => written.push('something');
    state.beginSnapshot({ put: write, putRecord: write, delete: write }, new Set());
    expect(state.continueSnapshot(2)).toBe(false);
    expect(written).toEqual([]);
  });

  it.each<[string, unknown, string | undefined]>([
    ['text', 'a"b', '"a\\"b"'],
    ['a lone surrogate', '\ud800', '"\\ud800"'],
    ['no text', '', '""'],
    ['a number', 1.5, '1.5'],
    ['minus zero', -0, '0'],
    ['a big integer', 9007199254740993n, '9007199254740993'],
    ['a boolean', false, 'false'],
    ['null', null, undefined],
    ['not a number', Number.NaN, undefined],
  ])('the identity of %s gives its JSON back', (_, value, json) => {
    expect(keyOf(value)?.json).toBe(json);
    expect(keyOfAll([value, '1:s', 2])?.json).toBe(json && `[${json},"1:s",2]`);
  });

  it('no key is null', () => {
    expect(NO_KEY.json).toBe('null');
  });
});
