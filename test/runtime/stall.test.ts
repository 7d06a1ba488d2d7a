import type { PartitionFeed } from '../../src/runtime/job/feed.js';
import { StallMeter } from '../../src/runtime/job/stall.js';
import type { Output } from '../../src/runtime/ports/outputs.js';
import { type Record, TaskHarness } from '../support/task-harness.js';

const STREAMS = ['a', 'b'].map((name) => ({ name, id: 'id', idleAfter: '1s', quietAfter: 'never' }));
const rule = (onStall: string) => ({ id: onStall, from: ['a', 'b'], onStall, pattern: [{ begin: 'seen' }] });

function at(time: number, id = `e${time}`): Record {
  return { time, value: { id } };
}

/** The ids that a rule has seen, in its order, for each event is a match. */
function seen(outputs: readonly Output[], of: string): string[] {
  return outputs.flatMap((output) => {
    if (output.type !== 'alert' || output.alert.rule !== of) return [];
    const { steps } = JSON.parse(Buffer.from(output.alert.body).toString()) as { steps: { seen: { id: string }[] } };
    return steps.seen.map(({ id }) => id);
  });
}

describe('a stalled partition', () => {
  function stalled(): TaskHarness {
    const harness = new TaskHarness(STREAMS, [rule('wait'), rule('continue')]);
    harness.send('b', 0, [at(5)]);
    harness.send('a', 0, [at(10), at(20), at(30)]);
    return harness;
  }

  it('holds rules that wait, and not those that continue; what comes from it below their time is late for these alone', () => {
    const harness = stalled();
    expect([seen(harness.outputs, 'wait'), seen(harness.outputs, 'continue')]).toEqual([['e5'], ['e5']]);
    harness.quiet(0, ['b/0']);
    expect([seen(harness.outputs, 'wait'), seen(harness.outputs, 'continue')]).toEqual([['e5'], ['e5', 'e10', 'e20', 'e30']]);
    harness.send('b', 0, [at(15), at(40)]);
    harness.send('a', 0, [at(50)]);
    expect(seen(harness.outputs, 'wait')).toEqual(['e5', 'e10', 'e15', 'e20', 'e30', 'e40']);
    expect(seen(harness.outputs, 'continue')).toEqual(['e5', 'e10', 'e20', 'e30', 'e40']);
    expect([...harness.deadLetters]).toEqual(['b/0/1/late-event/stall']);
  });

  it('is told once, when something waits for it, and no longer stands aside once it is found read to its end', () => {
    const harness = stalled();
    for (let tick = 0; tick < 3; tick++) harness.quiet(0, ['b/0']);
    harness.quiet(0);
    harness.send('a', 0, [at(60)]);
    const kinds = harness.journal.map(({ payload }) => payload.kind).filter((kind) => kind.startsWith('partition'));
    expect(kinds).toEqual(['partition-stalled', 'partition-resumed']);
    expect(seen(harness.outputs, 'continue')).not.toContain('e60');
  });

  it('is so again after a crash, and what was late for the rules that continue does not come back to them', () => {
    const bounded = STREAMS.map((stream) => ({ ...stream, outOfOrderness: '10ms' }));
    const harness = new TaskHarness(bounded, [rule('wait'), rule('continue')]);
    harness.send('b', 0, [at(5)]);
    harness.send('a', 0, [at(10)]);
    harness.task.assertWatermark('a', 30);
    harness.quiet(0, ['b/0']);
    harness.checkpoint();
    harness.crash(1);
    harness.send('b', 0, [at(15)]);
    // e15 is late for one rule, and waits for the other: it is read again.
    harness.checkpoint();
    harness.crash(1);
    const from = harness.outputs.length;
    harness.send('b', 0, [at(60)]);
    expect(seen(harness.outputs.slice(from), 'wait')).toEqual(['e10', 'e15']);
    expect(seen(harness.outputs, 'continue')).toEqual(['e5', 'e10']);
    expect([...harness.deadLetters]).toEqual(['b/0/1/late-event/stall']);
  });

  it('drops the state of a rule that changes its mind: it may have been at another time', () => {
    const pattern = [{ begin: 'first' }, { followedBy: 'second', where: 'false' }];
    const harness = new TaskHarness(STREAMS, [{ id: 'r', from: ['a', 'b'], pattern, within: '1h' }]);
    harness.send('b', 0, [at(5)]);
    harness.send('a', 0, [at(5)]);
    const change = { id: 'r', from: ['a', 'b'], onStall: 'continue', pattern, within: '1h' };
    expect(harness.activate(change)).toEqual({ carried: 0, dropped: 1 });
  });
});

describe('a stall', () => {
  const feed = (more: object = {}) =>
    ({ starved: true, position: 7, partition: 0, reader: { stream: 'a' }, ...more }) as unknown as PartitionFeed;

  it('is a partition starved for long, measured from when it last stood elsewhere or was not starved', () => {
    let now = 0;
    const meter = new StallMeter(100, () => now);
    const feeds = [feed()];
    const after = (ms: number, each: object = {}): number[] => {
      now += ms;
      Object.assign(feeds[0], each);
      return meter.read(feeds).map(({ position }) => position);
    };
    expect(after(0)).toEqual([]);
    expect(after(99)).toEqual([]);
    expect(after(1)).toEqual([7]);
    expect(after(50, { position: 9 })).toEqual([]);
    expect(after(100)).toEqual([9]);
    expect(after(0, { starved: false })).toEqual([]);
    expect(after(100, { starved: true })).toEqual([]);
    expect(after(100)).toEqual([9]);
    meter.restart();
    expect(after(99)).toEqual([]);
  });
});
