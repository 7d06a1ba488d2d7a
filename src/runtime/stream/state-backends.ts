import { HeapStateStore } from '../../engine/state/keyed/heap-state-store.js';
import type { StateStore } from '../../engine/state/keyed/state-store.js';
import type { StateBackend, StateScope } from '../ports/state-backend.js';

/** Keyed state as objects in memory (Flink's class of this name): the fastest, as long as memory holds it. */
export class HashMapStateBackend implements StateBackend {
  readonly name = 'hashmap';

  async createStore({ groupOf }: StateScope): Promise<StateStore> {
    return new HeapStateStore(groupOf);
  }
}
