import fc from 'fast-check';
import { emptyLedger, Snapshotter, SnapshotReader } from '../../src/runtime/task/snapshot.js';
import { RecordingOperator } from '../support/recording-operator.js';

interface Written {
  readonly id: number;
  readonly oldestNeeded: number;
  readonly segments: readonly Uint8Array[];
}

function restore(checkpoints: readonly Written[], ids: readonly string[]): RecordingOperator[] {
  const operators = ids.map((id) => new RecordingOperator(id));
  const reader = new SnapshotReader(new Map(operators.map((operator) => [operator.id, operator])));
  const { oldestNeeded } = checkpoints[checkpoints.length - 1];
  for (const { id, segments } of checkpoints) if (id >= oldestNeeded) for (const segment of segments) reader.apply(segment);
  return operators;
}

describe('incremental snapshots', () => {
  it('give the state back after any changes, in any number of checkpoints', () => {
    const change = fc.record({ operator: fc.nat(1), key: fc.constantFrom('a', 'b', 'c', '\ud800', ''), value: fc.option(fc.string()) });
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 8 }), { minLength: 1, maxLength: 8 }), (rounds) => {
        const operators = [new RecordingOperator('x'), new RecordingOperator('y')];
        const snapshotter = new Snapshotter();
        const written = rounds.map((changes, i): Written => {
          for (const { operator, key, value } of changes) {
            if (value === null) operators[operator].forgetKey(key);
            else operators[operator].put(key, value);
          }
          return { id: i + 1, ...snapshotter.take(i + 1, operators) };
        });
        expect(restore(written, ['x', 'y']).map((operator) => operator.state)).toEqual(operators.map((operator) => operator.state));
      }),
    );
  });

  it('write only what changed, and let old segments go after enough was written again', () => {
    const operator = new RecordingOperator('x');
    const snapshotter = new Snapshotter(emptyLedger());
    for (let key = 0; key < 20_000; key++) operator.put(`key-${key}`, 'v'.repeat(300));
    const written: Written[] = [{ id: 1, ...snapshotter.take(1, [operator]) }];
    expect(bytes(written[0])).toBeGreaterThan(12_000_000);
    operator.put('key-7', 'changed');
    written.push({ id: 2, ...snapshotter.take(2, [operator]) });
    expect(bytes(written[1])).toBeLessThan(1_000);
    for (let id = 3; id <= 20; id++) {
      for (let key = 0; key < 5_000; key++) operator.put(`key-${key}`, `${id}`.repeat(150));
      written.push({ id, ...snapshotter.take(id, [operator]) });
    }
    const last = written[written.length - 1];
    const stored = written.filter(({ id }) => id >= last.oldestNeeded).reduce((sum, each) => sum + bytes(each), 0);
    expect(stored).toBeLessThan(3 * bytes(written[0]));
    expect(last.oldestNeeded).toBeGreaterThan(1);
    expect(restore(written, ['x'])[0].state).toEqual(operator.state);
  });

  it('forget a dropped operator, and what a new one of its name wrote stays', () => {
    const [old, renewed] = [new RecordingOperator('x'), new RecordingOperator('x')];
    const snapshotter = new Snapshotter();
    old.put('a', '1');
    const first = { id: 1, ...snapshotter.take(1, [old]) };
    snapshotter.drop('x');
    renewed.put('b', '2');
    const second = { id: 2, ...snapshotter.take(2, [renewed]) };
    expect(restore([first, second], ['x'])[0].state).toEqual(new Map([['b', '2']]));
  });
});

const bytes = ({ segments }: Written): number => segments.reduce((sum, segment) => sum + segment.length, 0);
