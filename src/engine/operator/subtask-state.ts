import { HeapStateStore } from '../state/keyed/heap-state-store.js';
import { KeyedStateBackend, keyGroupOfId } from '../state/keyed/keyed-state-backend.js';
import type { StateMetaInfo } from '../state/keyed/state-format.js';
import type { StateStore } from '../state/keyed/state-store.js';
import { TimerState } from '../state/keyed/timer-state.js';
import type { Snapshotable } from '../state/keyed-state.js';
import type { OperatorStateSnapshot } from '../state/operator/operator-state.js';
import { OperatorStateBackend } from '../state/operator/operator-state-backend.js';
import { MIN_WATERMARK } from '../time/watermark.js';

export const DEFAULT_MAX_PARALLELISM = 128;
const KEYED = 'keyed';
const TIMERS = 'timers/';

/** What a subtask gets from the checkpoint that the program goes on from; its values and timers follow as records. */
export interface RestoredState {
  readonly checkpointId: number;
  readonly keyedStates: readonly StateMetaInfo[];
  readonly operatorState: readonly OperatorStateSnapshot[];
  /** Epoch ms; MIN_WATERMARK when there was none. */
  readonly watermark: number;
}

export interface SubtaskStateOptions {
  /** Processing time, ms. */
  readonly clock: () => number;
  readonly maxParallelism?: number;
  /** Where keyed values stand; in memory by default. */
  readonly store?: StateStore;
  readonly restored?: RestoredState;
}

/** All that a subtask of an operator keeps in checkpoints: keyed state, timers, operator state, and the watermark it has seen. */
export class SubtaskState {
  readonly restored: RestoredState | undefined;
  readonly keyed: KeyedStateBackend;
  readonly operator: OperatorStateBackend;
  /**
   * Epoch ms. Restored so that what was late stays late: Flink's windows of SQL keep theirs, those of its DataStream
   * API begin without one and may open a window again that has given its result.
   */
  watermark: number;
  readonly #groupOf: (keyId: string) => number;
  readonly #timers = new Map<string, TimerState>();

  constructor({ clock, maxParallelism = DEFAULT_MAX_PARALLELISM, store, restored }: SubtaskStateOptions) {
    this.#groupOf = (keyId) => keyGroupOfId(keyId, maxParallelism);
    this.restored = restored;
    this.keyed = new KeyedStateBackend(clock, {
      store: store ?? new HeapStateStore(this.#groupOf),
      maxParallelism,
      restored: restored?.keyedStates,
    });
    this.operator = new OperatorStateBackend(restored?.operatorState);
    this.watermark = restored?.watermark ?? MIN_WATERMARK;
  }

  timers(name: string): TimerState {
    let timers = this.#timers.get(name);
    if (timers === undefined) this.#timers.set(name, (timers = new TimerState(this.#groupOf)));
    return timers;
  }

  /** What snapshots are made of, by the names that `snapshotable` takes. */
  snapshotables(): readonly { readonly id: string; readonly state: Snapshotable }[] {
    const timers = [...this.#timers].map(([name, state]) => ({ id: `${TIMERS}${name}`, state }));
    return [{ id: KEYED, state: this.keyed.store }, ...timers];
  }

  snapshotable(id: string): Snapshotable {
    return id === KEYED ? this.keyed.store : this.timers(id.slice(TIMERS.length));
  }
}
