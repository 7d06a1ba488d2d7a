import { listState, mapState } from 'tripline';
import { OperatorStateBackend } from '../../src/engine/state/operator/operator-state-backend.js';
import { redistribute } from '../../src/engine/state/operator/redistribute.js';

const SPLIT = listState<string>('split');
const UNION = listState<string>('union');
const BROADCAST = mapState<string, number>('broadcast');

/** Subtasks with two elements each. */
function subtasks(parallelism: number) {
  return Array.from({ length: parallelism }, (_, subtask) => {
    const backend = new OperatorStateBackend();
    for (const state of [backend.getListState(SPLIT), backend.getUnionListState(UNION)]) state.addAll([`${subtask}a`, `${subtask}b`]);
    backend.getBroadcastState(BROADCAST).put('limit', 7);
    return backend.snapshot();
  });
}

describe('operator state with another parallelism', () => {
  it.each([
    [
      3,
      3,
      [
        ['0a', '0b'],
        ['1a', '1b'],
        ['2a', '2b'],
      ],
    ],
    [
      3,
      2,
      [
        ['0a', '0b', '1a'],
        ['1b', '2a', '2b'],
      ],
    ],
    [2, 3, [['0a', '0b'], ['1a'], ['1b']]],
    [1, 4, [['0a'], ['0b'], [], []]],
  ])('from %i to %i: lists are split, unions and broadcast state copied', (before, after, split) => {
    const restored = redistribute(subtasks(before), after).map((state) => new OperatorStateBackend(state));
    const all = Array.from({ length: before }, (_, subtask) => [`${subtask}a`, `${subtask}b`]).flat();
    expect(restored.map((backend) => backend.getListState(SPLIT).get())).toEqual(split);
    for (const backend of restored) {
      expect(backend.getUnionListState(UNION).get()).toEqual(all);
      expect([...backend.getBroadcastState(BROADCAST).entries()]).toEqual([['limit', 7]]);
    }
  });

  it('state that the program does not ask for stays', () => {
    const [kept] = redistribute(subtasks(1), 1).map((state) => new OperatorStateBackend(state).snapshot());
    expect(new OperatorStateBackend(kept).getListState(SPLIT).get()).toEqual(['0a', '0b']);
  });

  it('another kind of state of the same name is an error that names both', () => {
    const [state] = redistribute(subtasks(1), 1);
    expect(() => new OperatorStateBackend(state).getUnionListState(SPLIT)).toThrow(
      'operator state "split" is SPLIT_DISTRIBUTE state in the checkpoint, and UNION state in the program',
    );
    const backend = new OperatorStateBackend();
    backend.getListState(SPLIT);
    expect(() => backend.getUnionListState(SPLIT)).toThrow('operator state "split" is SPLIT_DISTRIBUTE state');
  });

  it('another serializer is an error that names both', () => {
    const [state] = redistribute(subtasks(1), 1);
    const other = { name: 'upper', version: 1, write: () => {}, read: () => '' };
    expect(() => new OperatorStateBackend(state).getListState({ ...SPLIT, serializer: other })).toThrow(
      'operator state "split" was written by serializer "plain" version 1, which the program\'s serializer "upper" version 1 cannot read',
    );
  });
});
