import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  aggregatingState,
  EmbeddedLevelStateBackend,
  HashMapStateBackend,
  listState,
  mapState,
  reducingState,
  type StateBackend,
  valueState,
} from 'tripline';
import { KeyedStateBackend, keyGroupOfId } from '../../src/engine/state/keyed/keyed-state-backend.js';
import type { StateStore } from '../../src/engine/state/keyed/state-store.js';
import { emptyLedger, type SnapshotLedger, SnapshotReader, Snapshotter } from '../../src/runtime/task/snapshot.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? Date.now() % 1_000_000);
const GROUPS = 8;
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
const NAMESPACES = ['', '0:10', '10:20'];

const VALUE = valueState<number>('value');
const LIST = listState<number>('list');
const MAP = mapState<string, number>('map');
const SUM = reducingState<number>('sum', (a, b) => a + b);
const MEAN = aggregatingState<number, { sum: number; count: number }, number>('mean', {
  createAccumulator: () => ({ sum: 0, count: 0 }),
  // Changed in place, as it may be.
  add: (value, accumulator) => {
    accumulator.sum += value;
    accumulator.count++;
    return accumulator;
  },
  getResult: ({ sum, count }) => sum / count,
  merge: (a, b) => ({ sum: a.sum + b.sum, count: a.count + b.count }),
});

const change = fc.record({
  key: fc.constantFrom(...KEYS),
  namespace: fc.constantFrom(...NAMESPACES),
  state: fc.constantFrom('value', 'list', 'map', 'sum', 'mean', 'merge'),
  clear: fc.boolean(),
  n: fc.integer({ min: 1, max: 9 }),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
/** Changes, and after them a snapshot during which some more are made; some snapshots are followed by a crash. */
const round = fc.record({
  before: fc.array(change, { maxLength: 12 }),
  during: fc.array(change, { maxLength: 6 }),
  crash: fc.boolean(),
  settle: fc.boolean(),
});

function apply(backend: KeyedStateBackend, { key, namespace, state, clear, n }: Change): void {
  backend.setCurrentKey(key);
  switch (state) {
    case 'value': {
      const value = backend.getState(VALUE, namespace);
      return clear ? value.clear() : value.update((value.value() ?? 0) + n);
    }
    case 'list': {
      const list = backend.getState(LIST, namespace);
      return clear ? list.update(list.get().slice(1)) : list.add(n);
    }
    case 'map': {
      const map = backend.getState(MAP, namespace);
      return clear ? map.remove(`m${n}`) : map.put(`m${n}`, n);
    }
    case 'sum': {
      const sum = backend.getState(SUM, namespace);
      return clear ? sum.clear() : sum.add(n);
    }
    case 'mean': {
      const mean = backend.getState(MEAN, namespace);
      return clear ? mean.clear() : mean.add(n);
    }
    case 'merge':
      return backend.mergeNamespaces(SUM, NAMESPACES[1], [NAMESPACES[2]]);
  }
}

function all(backend: KeyedStateBackend): unknown {
  return KEYS.flatMap((key) =>
    NAMESPACES.map((namespace) => {
      backend.setCurrentKey(key);
      const values = [
        backend.getState(VALUE, namespace).value(),
        [...backend.getState(LIST, namespace).get()],
        [...backend.getState(MAP, namespace).entries()].sort(),
        backend.getState(SUM, namespace).get(),
        backend.getState(MEAN, namespace).get(),
      ];
      return JSON.stringify([key, namespace, ...values]);
    }),
  );
}

const groupOf = (keyId: string): number => keyGroupOfId(keyId, GROUPS);

async function opened(backend: StateBackend): Promise<{ store: StateStore; keyed: KeyedStateBackend }> {
  const store = await backend.createStore({ operator: 'test', subtask: 0, groupOf });
  return { store, keyed: new KeyedStateBackend(() => 0, { store, maxParallelism: GROUPS }) };
}

async function finished(snapshotter: Snapshotter, store: StateStore): Promise<Uint8Array[]> {
  for (;;) {
    const snapshot = snapshotter.continue(1);
    if (snapshot !== undefined) return snapshot.segments;
    await store.continueReading?.();
  }
}

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'tripline-stores-'))));
afterAll(() => rm(folder, { recursive: true }));

const BACKENDS: readonly (readonly [string, number, () => StateBackend])[] = [
  ['in memory', 150, () => new HashMapStateBackend()],
  ['in LevelDB', 40, () => new EmbeddedLevelStateBackend(folder)],
];

describe.each(BACKENDS)(`state %s (TRIPLINE_TEST_SEED=${SEED})`, (_name, numRuns, make) => {
  it('a snapshot is of the moment of its barrier, and restores it, whatever changes meanwhile', async () => {
    const property = fc.asyncProperty(fc.array(round, { maxLength: 6 }), async (rounds) => {
      const backend = make();
      let { store, keyed } = await opened(backend);
      const model = await opened(new HashMapStateBackend());
      let ledger: SnapshotLedger = emptyLedger(GROUPS);
      let snapshotter = new Snapshotter(ledger);
      const log: Uint8Array[] = [];
      for (const [index, { before, during, crash, settle }] of rounds.entries()) {
        for (const each of before) for (const one of [keyed, model.keyed]) apply(one, each);
        if (settle) await store.settle?.();
        expect(all(keyed)).toEqual(all(model.keyed));
        const expected = all(model.keyed);
        snapshotter.begin(index + 1, [{ id: 'keyed', state: store }]);
        for (const each of during) apply(keyed, each);
        log.push(...(await finished(snapshotter, store)));
        if (!crash) {
          for (const each of during) apply(model.keyed, each);
          continue;
        }
        await store.close?.();
        ({ store, keyed } = await opened(backend));
        const reader = new SnapshotReader(new Map([['keyed', { state: store }]]));
        for (const segment of log) reader.apply(segment);
        await store.settle?.();
        expect(all(keyed)).toEqual(expected);
        ({ ledger } = snapshotter);
        snapshotter = new Snapshotter(ledger);
      }
      await store.close?.();
    });
    await fc.assert(property, { seed: SEED, numRuns });
  }, 60_000);
});
