import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { type AsyncFunction, AsyncRetryStrategies } from 'tripline';
import { SubtaskState } from '../../src/engine/operator/subtask-state.js';
import { AsyncWaitOperator, type AsyncWaitOptions } from '../../src/engine/stream/async/async-wait-operator.js';
import { ManualProcessingTimeService } from '../../src/engine/time/processing-time-service.js';

/** Answers when the test says so. */
class Asked implements AsyncFunction<number, string> {
  readonly calls: { readonly value: number; answer(...results: string[]): void; fail(error: Error): void; readonly signal: AbortSignal }[] =
    [];

  asyncInvoke(value: number, signal: AbortSignal): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      this.calls.push({ value, signal, answer: (...results) => resolve(results), fail: reject });
    });
  }
}

function opened(
  fn: AsyncFunction<number, string>,
  options: Partial<AsyncWaitOptions<string>>,
  state = new SubtaskState({ clock: () => 0 }),
) {
  const seen: string[] = [];
  const errors: unknown[] = [];
  const clock = new ManualProcessingTimeService();
  const operator = new AsyncWaitOperator<number, string>(fn, { ordered: true, timeout: 0, capacity: 100, ...options });
  operator.open({
    output: {
      collect: (value, timestamp) => void seen.push(`${value}@${timestamp}`),
      collectSide: () => {},
      emitWatermark: (time) => void seen.push(`|${time}`),
      emitWatermarkStatus: (status) => void seen.push(status),
    },
    processingTime: clock,
    subtask: 0,
    parallelism: 1,
    state,
    mailbox: (call) => {
      try {
        call();
      } catch (error) {
        errors.push(error);
      }
    },
  });
  return { operator, seen, errors, clock, state };
}

it.each([true, false])(
  'ordered=%s: nothing is lost, no watermark is passed, never more are asked about than the capacity',
  async (ordered) => {
    const script = fc.record({
      steps: fc.array(fc.constantFrom('element', 'element', 'element', 'watermark'), { minLength: 1, maxLength: 30 }),
      capacity: fc.integer({ min: 1, max: 5 }),
      picks: fc.infiniteStream(fc.nat()),
    });
    await fc.assert(
      fc.asyncProperty(script, async ({ steps, capacity, picks }) => {
        const fn = new Asked();
        const { operator, seen } = opened(fn, { ordered, capacity });
        for (const [at, step] of steps.entries()) {
          if (step === 'element') operator.processElement(at, at);
          else operator.processWatermark(at);
        }
        const completed: number[] = [];
        for (let answered = 0; fn.calls.length > 0; answered++) {
          expect(fn.calls.length).toBeLessThanOrEqual(capacity);
          const [call] = fn.calls.splice(picks.next().value! % fn.calls.length, 1);
          call.answer(`r${call.value}`);
          completed.push(call.value);
          await turn();
        }
        await operator.drained();
        await operator.available();
        const place = (at: number): number => steps.slice(0, at).filter((step) => step === 'watermark').length;
        const order = ordered ? completed.toSorted((a, b) => a - b) : completed.toSorted((a, b) => place(a) - place(b));
        const expected: string[] = [];
        for (const [at, step] of steps.entries()) if (step === 'watermark') expected.push(`|${at}`);
        const results = seen.filter((each) => !each.startsWith('|'));
        expect(results).toEqual(order.map((value) => `r${value}@${value}`));
        expect(seen.filter((each) => each.startsWith('|'))).toEqual(expected);
        for (const value of completed) {
          const before = seen.slice(0, seen.indexOf(`r${value}@${value}`)).filter((each) => each.startsWith('|')).length;
          expect(before).toBe(place(value));
        }
      }),
      { numRuns: 100 },
    );
  },
);

it('an answer that takes too long: the function says what comes instead, or it is an error', async () => {
  const fn = Object.assign(new Asked(), { timeout: (value: number) => [`late ${value}`] });
  const { operator, seen, clock } = opened(fn, { timeout: 100 });
  operator.processElement(1, 5);
  clock.advanceTo(99);
  expect(seen).toEqual([]);
  clock.advanceTo(100);
  expect(seen).toEqual(['late 1@5']);
  expect(fn.calls[0].signal.aborted).toBe(true);
  fn.calls[0].answer('too late');
  await turn();
  expect(seen).toHaveLength(1);
  const other = opened(new Asked(), { timeout: 100 });
  other.operator.processElement(1, 5);
  expect(() => other.clock.advanceTo(100)).toThrow('an asynchronous function gave no result within 100 ms');
});

it('asks again as the strategy says, after its delay, and then fails', async () => {
  const fn = new Asked();
  const retryStrategy = AsyncRetryStrategies.exponentialBackoff<string>(3, 10, 100, 2, {
    ifException: (error) => (error as Error).message === 'busy',
    ifResult: (results) => results.length === 0,
  });
  const { operator, seen, errors, clock } = opened(fn, { retryStrategy });
  operator.processElement(1, 5);
  fn.calls[0].fail(new Error('busy'));
  await turn();
  clock.advanceTo(9);
  expect(fn.calls).toHaveLength(1);
  clock.advanceTo(10);
  expect(fn.calls).toHaveLength(2);
  fn.calls[1].answer();
  await turn();
  clock.advanceTo(29);
  expect(fn.calls).toHaveLength(2);
  clock.advanceTo(30);
  fn.calls[2].answer('at last');
  await turn();
  expect(seen).toEqual(['at last@5']);
  operator.processElement(2, 6);
  fn.calls[3].fail(new Error('broken'));
  await turn();
  expect(errors).toEqual([new Error('broken')]);
});

it('a checkpoint holds what has not come out, which is asked about again after a restore', async () => {
  const fn = new Asked();
  const { operator, state } = opened(fn, { capacity: 1 });
  for (const value of [1, 2, 3]) operator.processElement(value, value * 10);
  fn.calls[0].answer('one');
  await turn();
  operator.snapshotState();
  const restored = new SubtaskState({
    clock: () => 0,
    restored: { checkpointId: 1, keyedStates: [], operatorState: state.operator.snapshot(), watermark: -Infinity },
  });
  const again = new Asked();
  const next = opened(again, {}, restored);
  expect(again.calls.map(({ value }) => value)).toEqual([2, 3]);
  for (const call of again.calls) call.answer(`${call.value}`);
  await next.operator.drained();
  expect(next.seen).toEqual(['2@20', '3@30']);
});

it('closed, it takes no answers', async () => {
  const fn = new Asked();
  const { operator, seen } = opened(fn, {});
  operator.processElement(1, 1);
  operator.close();
  expect(fn.calls[0].signal.aborted).toBe(true);
  fn.calls[0].answer('one');
  await turn();
  expect(seen).toEqual([]);
});
