import fc from 'fast-check';
import { keyOf, keyOfAll, NO_KEY } from '../../src/engine/state/key.js';
import { DeadlineQueue } from '../../src/engine/state/deadline-queue.js';
import { RecordingOperator } from '../support/recording-operator.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? Date.now() % 1_000_000);

describe(`deadlines and keys (TRIPLINE_TEST_SEED=${SEED})`, () => {
  it('come in order of time, whatever was moved and removed, and while time goes on', () => {
    const deadline = fc.oneof(
      fc.nat(5),
      fc.integer({ min: -100, max: 100_000 }),
      fc.integer({ min: -(2 ** 47), max: 2 ** 48 }),
      fc.constantFrom(2.25, 2.5, Infinity),
    );
    const step = fc.record({ number: fc.nat(30), deadline, kind: fc.constantFrom('schedule', 'schedule', 'remove', 'take') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new DeadlineQueue();
        const expected = new Map<number, number>();
        for (const { number, deadline, kind } of steps) {
          if (kind === 'take' && expected.size > 0) {
            const { earliest } = queue;
            const taken = queue.take();
            expect([earliest, expected.get(taken)]).toEqual([Math.min(...expected.values()), earliest]);
            expected.delete(taken);
          } else if (kind === 'schedule' && deadline !== Infinity) {
            queue.schedule(number, deadline);
            expected.set(number, deadline);
          } else {
            if (kind === 'remove') queue.remove(number);
            else queue.schedule(number, Infinity);
            expected.delete(number);
          }
          expect([queue.size, queue.earliest]).toEqual([expected.size, Math.min(Infinity, ...expected.values())]);
          expect(queue.deadlineOf(number)).toBe(expected.get(number) ?? Infinity);
        }
      }),
      { seed: SEED, numRuns: 1_000 },
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
