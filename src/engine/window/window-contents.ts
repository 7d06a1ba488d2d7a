/** What an operator keeps of a window's events: all of them, one folded value, or all with an evictor. */
import { aggregatingState, listState, reducingState, type StateDescriptor } from '../state/keyed/descriptors.js';
import type { KeyedStateBackend } from '../state/keyed/keyed-state-backend.js';
import type { AggregateFunction, AppendingState, ReduceFunction } from '../state/keyed/keyed-state.js';
import type { Evictor, TimestampedValue } from './evictors/evictor.js';
import type { Window } from './window.js';

/** Of the current key; `stateWindow` says where it stands. */
export interface WindowContents<IN, CONTENTS, W extends Window> {
  add(state: KeyedStateBackend, stateWindow: W, value: IN, timestamp: number | undefined): void;
  /** Calls `process` with the contents, unless there are none. */
  fire(state: KeyedStateBackend, stateWindow: W, window: W, process: (contents: CONTENTS) => void): void;
  merge(state: KeyedStateBackend, stateWindow: W, merged: readonly W[]): void;
  clear(state: KeyedStateBackend, stateWindow: W): void;
}

const NAME = 'window-contents';

const ids = (windows: readonly Window[]): string[] => windows.map(({ id }) => id);

/** Every event is kept. */
export function listContents<T, W extends Window>(): WindowContents<T, readonly T[], W> {
  const descriptor = listState<T>(NAME);
  return {
    add: (state, { id }, value) => state.getState(descriptor, id).add(value),
    fire: (state, { id }, _window, process) => {
      const events = state.getState(descriptor, id).get();
      if (events.length > 0) process(events);
    },
    merge: (state, { id }, merged) => state.mergeNamespaces(descriptor, id, ids(merged)),
    clear: (state, { id }) => state.getState(descriptor, id).clear(),
  };
}

/** One value, folded as events come. */
export function aggregateContents<T, ACC, R, W extends Window>(aggregate: AggregateFunction<T, ACC, R>): WindowContents<T, R, W> {
  const descriptor = aggregatingState(NAME, aggregate);
  return folded(descriptor, (state, id) => state.getState(descriptor, id));
}

export function reduceContents<T, W extends Window>(reduce: ReduceFunction<T>): WindowContents<T, T, W> {
  const descriptor = reducingState(NAME, reduce);
  return folded(descriptor, (state, id) => state.getState(descriptor, id));
}

function folded<T, R, W extends Window>(
  descriptor: Pick<StateDescriptor, 'name' | 'kind'>,
  at: (state: KeyedStateBackend, id: string) => AppendingState<T, R>,
): WindowContents<T, R, W> {
  return {
    add: (state, { id }, value) => at(state, id).add(value),
    fire: (state, { id }, _window, process) => {
      const result = at(state, id).get();
      if (result !== undefined) process(result);
    },
    merge: (state, { id }, merged) => state.mergeNamespaces(descriptor, id, ids(merged)),
    clear: (state, { id }) => at(state, id).clear(),
  };
}

/** Every event with its time is kept; at each firing the evictor says which are left. */
export function evictingContents<T, W extends Window>(evictor: Evictor<T, W>): WindowContents<T, readonly T[], W> {
  const descriptor = listState<TimestampedValue<T>>(NAME);
  return {
    add: (state, { id }, value, timestamp) => state.getState(descriptor, id).add({ value, timestamp }),
    fire: (state, { id }, window, process) => {
      const events = state.getState(descriptor, id).get();
      if (events.length === 0) return;
      const before = evictor.evictBefore(events, window);
      process(before.map(({ value }) => value));
      const left = evictor.evictAfter(before, window);
      state.getState(descriptor, id).update(left);
    },
    merge: (state, { id }, merged) => state.mergeNamespaces(descriptor, id, ids(merged)),
    clear: (state, { id }) => state.getState(descriptor, id).clear(),
  };
}
