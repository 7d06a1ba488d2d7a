import { AtMostOnceCommitter } from '../../src/connectors/delivery/at-most-once-committer.js';
import { ForeignWriterError, isWritten, type WriterPosition } from '../../src/connectors/delivery/position.js';
import { type Prepared, PreparingWriter } from '../../src/connectors/delivery/preparing-writer.js';

const prepared = (goesOn: boolean, incarnation: string | undefined = 'ours'): Prepared<number> => ({ records: [1], incarnation, goesOn });
const at = (number: number, incarnation = 'ours'): WriterPosition => ({ number, incarnation, writer: 'w' });

describe('whether a checkpoint is in the target', () => {
  it.each([
    ['nothing is there', undefined, 3, false, false],
    ['the one before is there', at(2), 3, false, false],
    ['it is there, and the program was restored', at(3), 3, true, true],
    ['a later one is there, and the program was restored', at(5), 3, true, true],
  ] as const)('%s', (_case, found, checkpointId, restored, expected) => {
    expect(isWritten(found, [prepared(true)], { checkpointId, restored })).toBe(expected);
  });

  it.each([
    ['it is there, and this writer has not written it', at(3), 3, false, true],
    ['a later one is there', at(5), 3, false, true],
    ['another program has written, and this one goes on from a checkpoint', at(1, 'another'), 3, true, true],
  ] as const)('foreign: %s', (_case, found, checkpointId, restored, goesOn) => {
    expect(() => isWritten(found, [prepared(goesOn)], { checkpointId, restored })).toThrow(ForeignWriterError);
  });

  it('a program that starts afresh takes the place of another', () => {
    expect(isWritten(at(9, 'another'), [prepared(false)], { checkpointId: 1, restored: false })).toBe(false);
  });
});

it('writers of another parallelism know their program as long as one of them does', async () => {
  const opened = async (restoredState: readonly string[]) => {
    const writer = new PreparingWriter<number, number>((value) => value, 'fresh');
    await writer.open({ subtask: 0, parallelism: 2, restoredCheckpointId: 4, restoredState });
    return writer;
  };
  const [old, added] = [await opened(['ours']), await opened([])];
  expect(await added.snapshotState()).toEqual([]);
  const committables = [...(await added.prepareCommit()), ...(await old.prepareCommit())];
  expect(isWritten(at(4), committables, { checkpointId: 4, restored: true })).toBe(true);
});

it('at most once: what a failure may have left there is not sent again', async () => {
  const sent: number[] = [];
  const committer = new AtMostOnceCommitter<number>({ send: async (records) => void sent.push(...records), close: async () => {} });
  await committer.commit([{ records: [1, 2], goesOn: false }], { checkpointId: 1, restored: false });
  await committer.commit([{ records: [3], goesOn: true }], { checkpointId: 2, restored: true });
  await committer.commit([{ records: [4], goesOn: true }], { checkpointId: 3, restored: false });
  expect(sent).toEqual([1, 2, 4]);
});
