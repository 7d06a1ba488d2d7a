import type { StateStore } from '../../engine/state/keyed/state-store.js';

/** Whose keyed state it is. */
export interface StateScope {
  readonly operator: string;
  readonly subtask: number;
  /** The key group of a key's identity. */
  readonly groupOf: (keyId: string) => number;
}

/** Where keyed state stands while a program runs (Flink's StateBackend). */
export interface StateBackend {
  readonly name: string;
  /** An empty store; one of an earlier run of the same scope is gone. */
  createStore(scope: StateScope): Promise<StateStore>;
}
