import fc from 'fast-check';
import { Event } from '../../src/engine/event/event.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { PartitionClock } from '../../src/runtime/release/partition-clock.js';
import { ReleaseBuffer } from '../../src/runtime/release/release-buffer.js';
import { RecordingOperator } from '../support/recording-operator.js';

const layout = new FieldLayout();
const raw = Buffer.from('{}');

/** A buffer over partitions named "stream/partition", with an operator that writes down what it sees. */
function setUp(streams: string[], partitions: string[], outOfOrderness = 0) {
  const buffer = new ReleaseBuffer(streams);
  const clocks = new Map(
    partitions.map((name) => [name, new PartitionClock(name.split('/')[0], Number(name.split('/')[1]), outOfOrderness)]),
  );
  for (const clock of clocks.values()) buffer.addClock(clock);
  const operator = new RecordingOperator('r');
  buffer.operators.push(operator);
  const add = (name: string, time: number): void => {
    const clock = clocks.get(name) as PartitionClock;
    buffer.add(new Event(layout, clock.stream, clock.partition, clock.nextOffset++, time, raw, []));
    clock.maxTime = Math.max(clock.maxTime, time);
  };
  return { buffer, clocks, operator, add };
}

describe('release in event-time order', () => {
  it('is at once with one partition and no out-of-orderness', () => {
    const { buffer, operator, add } = setUp(['a'], ['a/0']);
    add('a/0', 5);
    buffer.release();
    expect(operator.seen).toEqual(['a/0/0@5']);
  });

  it('waits for the bound of out-of-orderness', () => {
    const { buffer, operator, add } = setUp(['a'], ['a/0'], 10);
    add('a/0', 20);
    add('a/0', 15);
    buffer.release();
    expect(operator.seen).toEqual([]);
    add('a/0', 28);
    buffer.release();
    expect(operator.seen).toEqual(['a/0/1@15']);
    add('a/0', 30);
    buffer.release();
    expect(operator.seen).toEqual(['a/0/1@15', 'a/0/0@20']);
  });

  it('orders equal times by the place of the stream in `from`, then partition and offset', () => {
    const { buffer, operator, add } = setUp(['b', 'a'], ['a/0', 'b/0', 'b/1']);
    for (const name of ['a/0', 'b/1', 'b/0', 'a/0', 'b/0', 'b/1']) add(name, name === 'a/0' ? 7 : 7);
    add('a/0', 8);
    add('b/0', 9);
    add('b/1', 9);
    buffer.release();
    expect(operator.seen.slice(0, 7)).toEqual(['b/0/0@7', 'b/0/1@7', 'b/1/0@7', 'b/1/1@7', 'a/0/0@7', 'a/0/1@7', 'a/0/2@8']);
  });

  it('waits for a partition that lags, and not for one that stepped aside', () => {
    const { buffer, clocks, operator, add } = setUp(['a'], ['a/0', 'a/1']);
    add('a/0', 5);
    buffer.release();
    expect(operator.seen).toEqual([]);
    (clocks.get('a/1') as PartitionClock).idle = true;
    buffer.release();
    expect(operator.seen).toEqual(['a/0/0@5']);
  });

  it('fires a deadline before the event of its own time, and when the watermark passes it', () => {
    const { buffer, clocks, operator, add } = setUp(['a'], ['a/0']);
    operator.deadlines.push(8, 5, 20);
    add('a/0', 8);
    buffer.release();
    expect(operator.seen).toEqual(['deadline@5', 'deadline@8', 'a/0/0@8']);
    (clocks.get('a/0') as PartitionClock).floor = 20;
    buffer.release();
    expect(operator.seen.at(-1)).toBe('deadline@20');
  });

  it('does not depend on where batches end or how partitions interleave', () => {
    const event = fc.record({ partition: fc.constantFrom('a/0', 'a/1', 'b/0'), time: fc.integer({ min: 0, max: 60 }) });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 40 }),
        fc.array(fc.nat(5), { maxLength: 10 }),
        fc.infiniteStream(fc.nat(2)),
        (events, cuts, picks) => {
          const run = (order: typeof events, batches: readonly number[]): string[] => {
            const { buffer, clocks, operator, add } = setUp(['a', 'b'], ['a/0', 'a/1', 'b/0'], 60);
            operator.deadlines.push(10, 20, 30, 40, 50);
            let left = batches[0] ?? 0;
            let batch = 0;
            for (const { partition, time } of order) {
              add(partition, time);
              if (left-- > 0) continue;
              buffer.release();
              left = batches[++batch % Math.max(1, batches.length)] ?? 0;
            }
            for (const clock of clocks.values()) clock.floor = 1_000;
            buffer.release();
            return operator.seen;
          };
          expect(run(interleaved(events, picks), cuts)).toEqual(run(events, []));
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** The same partitions' events in the same order each, mixed differently. */
function interleaved<E extends { partition: string }>(events: readonly E[], picks: Iterator<number>): E[] {
  const queues = ['a/0', 'a/1', 'b/0'].map((name) => events.filter(({ partition }) => partition === name));
  const mixed: E[] = [];
  while (mixed.length < events.length) {
    const next = queues[picks.next().value as number].shift() ?? queues.find((queue) => queue.length > 0)?.shift();
    if (next !== undefined) mixed.push(next);
  }
  return mixed;
}
