import fc from 'fast-check';
import { emptyLedger, type Snapshot, Snapshotter, SnapshotReader } from '../../src/runtime/task/snapshot.js';
import { RecordingOperator } from '../support/recording-operator.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? Date.now() % 1_000_000);

interface Written extends Snapshot {
  readonly id: number;
}

function restore(checkpoints: readonly Written[], ids: readonly string[]): RecordingOperator[] {
  const operators = ids.map((id) => new RecordingOperator(id));
  const reader = new SnapshotReader(new Map(operators.map((operator) => [operator.id, operator])));
  const { oldestNeeded } = checkpoints[checkpoints.length - 1];
  for (const { id, segments } of checkpoints) if (id >= oldestNeeded) for (const segment of segments) reader.apply(segment);
  return operators;
}

function take(snapshotter: Snapshotter, id: number, operators: readonly RecordingOperator[]): Written {
  snapshotter.begin(id, operators);
  return { id, ...(snapshotter.continue(Infinity) as Snapshot) };
}

describe(`incremental snapshots (TRIPLINE_TEST_SEED=${SEED})`, () => {
  const change = fc.record({
    operator: fc.nat(1),
    key: fc.constantFrom('a', 'b', 'c', 'é', '\ud800', ''),
    value: fc.option(fc.string({ unit: 'binary' })),
  });
  /** Before the barrier, and while the snapshot is written: so many keys are written before each change. */
  const round = fc.record({
    before: fc.array(change, { maxLength: 8 }),
    during: fc.array(fc.record({ change, keys: fc.nat(2) }), { maxLength: 8 }),
  });

  it('give back the state of their barrier, whatever changes while they are written', () => {
    fc.assert(
      fc.property(
        fc.array(round, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        (rounds, full, maxAwake) => {
          const operators = [new RecordingOperator('x', { maxAwake }), new RecordingOperator('y')];
          const apply = ({ operator, key, value }: { operator: number; key: string; value: string | null }): void => {
            if (value === null) operators[operator].forget(key);
            else operators[operator].put(key, value);
          };
          const ledger = emptyLedger();
          const snapshotter = new Snapshotter(ledger);
          const written: Written[] = [];
          rounds.forEach(({ before, during }, i) => {
            before.forEach(apply);
            // As if much had been written: some groups are written in full again.
            if (full && i % 2 === 1) ledger.stored[0] = { ...ledger.stored[0], bytes: 1e9 };
            const expected = operators.map(({ texts }) => texts);
            snapshotter.begin(i + 1, operators);
            let snapshot: Snapshot | undefined;
            for (const each of during) {
              snapshot ??= snapshotter.continue(each.keys);
              apply(each.change);
            }
            snapshot ??= snapshotter.continue(Infinity);
            written.push({ id: i + 1, ...(snapshot as Snapshot) });
            expect(restore(written, ['x', 'y']).map(({ texts }) => texts)).toEqual(expected);
          });
        },
      ),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('write only what changed, and let old segments go after enough was written again', () => {
    const operator = new RecordingOperator('x');
    const snapshotter = new Snapshotter(emptyLedger());
    for (let key = 0; key < 20_000; key++) operator.put(`key-${key}`, 'v'.repeat(600));
    const written: Written[] = [take(snapshotter, 1, [operator])];
    expect(bytes(written[0])).toBeGreaterThan(12_000_000);
    operator.put('key-7', 'changed');
    written.push(take(snapshotter, 2, [operator]));
    expect(bytes(written[1])).toBeLessThan(1_000);
    for (let id = 3; id <= 20; id++) {
      for (let key = 0; key < 5_000; key++) operator.put(`key-${key}`, `${id}`.repeat(300));
      written.push(take(snapshotter, id, [operator]));
    }
    const last = written[written.length - 1];
    const stored = written.filter(({ id }) => id >= last.oldestNeeded).reduce((sum, each) => sum + bytes(each), 0);
    expect(stored).toBeLessThan(3 * bytes(written[0]));
    expect(last.oldestNeeded).toBeGreaterThan(1);
    expect(restore(written, ['x'])[0].texts).toEqual(operator.texts);
  });

  it('that are cut off, or of a newer release, are told for what they are', () => {
    const operator = new RecordingOperator('x');
    operator.put('a', 'text');
    const [segment] = take(new Snapshotter(), 1, [operator]).segments;
    const read = (bytes: Uint8Array) => () => new SnapshotReader(new Map([['x', operator]])).apply(bytes);
    expect(read(segment.subarray(0, -1))).toThrow(/^snapshot ends at byte \d+, \d+ more expected at \d+$/);
    expect(read(Uint8Array.from([9, 0]))).toThrow(/a record of kind 9, this release knows 1 to 5/);
  });

  it('forget a dropped operator, and what a new one of its name wrote stays', () => {
    const [old, renewed] = [new RecordingOperator('x'), new RecordingOperator('x')];
    const snapshotter = new Snapshotter();
    old.put('a', '1');
    const first = take(snapshotter, 1, [old]);
    snapshotter.drop('x');
    renewed.put('b', '2');
    const second = take(snapshotter, 2, [renewed]);
    expect(restore([first, second], ['x'])[0].texts).toEqual({ b: '2' });
  });
});

const bytes = ({ segments }: Written): number => segments.reduce((sum, segment) => sum + segment.length, 0);
