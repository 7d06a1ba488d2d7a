import { BarrierAligner, type CheckpointBarrier } from '../../src/runtime/stream/barrier-aligner.js';

const barrier = (id: number, mode: CheckpointBarrier['mode'] = 'EXACTLY_ONCE'): CheckpointBarrier => ({
  id,
  timestamp: 0,
  kind: 'checkpoint',
  mode,
});

/** `a1` is element 1 on channel a, `b#2` the barrier of checkpoint 2 on channel b; gives what the operator sees. */
function play(items: string, mode: CheckpointBarrier['mode'] = 'EXACTLY_ONCE'): string {
  const seen: string[] = [];
  const barriers = new Map<number, CheckpointBarrier>();
  const aligner = new BarrierAligner(3, ({ id }) => void seen.push(`#${id}`));
  for (const item of items.split(' ')) {
    const channel = 'abc'.indexOf(item[0]);
    if (item[1] === '#') {
      const id = Number(item.slice(2));
      if (!barriers.has(id)) barriers.set(id, barrier(id, mode));
      aligner.processBarrier(channel, barriers.get(id) as CheckpointBarrier);
    } else if (aligner.isBlocked(channel)) aligner.defer(() => void seen.push(item));
    else seen.push(item);
  }
  return seen.join(' ');
}

describe('barriers of several channels', () => {
  it.each([
    ['what comes behind a barrier waits for the others', 'a1 a#1 a2 b1 b#1 b2 c1 c#1 a3', 'a1 b1 c1 #1 a2 b2 a3'],
    ['one checkpoint after the other', 'a#1 b#1 c#1 a1 c#2 c1 b#2 a#2 b1', '#1 a1 #2 c1 b1'],
    ['a newer one ends an older one, which comes too late then', 'a#1 a1 b1 b#2 b2 b#1 a#2 a2 c#1 c1 c#2', 'b1 a1 c1 #2 b2 a2'],
    ['a barrier that comes twice counts once', 'a#1 a#1 b#1 c#1', '#1'],
  ])('%s', (_name, items, expected) => {
    expect(play(items)).toBe(expected);
  });

  it('at least once nothing waits', () => {
    expect(play('a1 a#1 a2 b1 b#1 c1 c#1 a3', 'AT_LEAST_ONCE')).toBe('a1 a2 b1 c1 #1 a3');
  });
});
