/** Functions that keep state of their subtask: CheckpointedFunction. */
import type { SnapshotContext } from '../../operator/stream-operator.js';
import type { SubtaskState } from '../../operator/subtask-state.js';
import type { CheckpointedFunction, KeyedStateStore } from '../functions/functions.js';

function isCheckpointed(fn: object): fn is CheckpointedFunction {
  return 'initializeState' in fn && 'snapshotState' in fn;
}

export function initializeFunction(fn: object, state: SubtaskState, keyedStateStore: KeyedStateStore): void {
  if (!isCheckpointed(fn)) return;
  const { operator, restored } = state;
  fn.initializeState({
    isRestored: restored !== undefined,
    restoredCheckpointId: restored?.checkpointId,
    operatorStateStore: operator,
    keyedStateStore,
  });
}

export function snapshotFunction(fn: object, context: SnapshotContext): void {
  if (isCheckpointed(fn)) fn.snapshotState(context);
}
