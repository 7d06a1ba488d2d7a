/** Cases of kind `state-ttl`: keyed state with a time to live in processing time. */
import type { JsonObject, JsonValue } from '../../engine/event/json-value.js';
import { shown } from '../../engine/problem/problem.js';
import { listState, mapState, valueState } from '../../engine/state/keyed/descriptors.js';
import { KeyedStateBackend } from '../../engine/state/keyed/keyed-state-backend.js';
import type { ListState, MapState, ValueState } from '../../engine/state/keyed/keyed-state.js';
import type { StateTtlConfig } from '../../engine/state/keyed/ttl.js';
import { ManualProcessingTimeService } from '../../engine/time/processing-time-service.js';
import { reject } from './case-error.js';
import { inputOf, Rows, readCaseRule, timeOf } from './case-input.js';

interface TtlRow {
  readonly value: JsonValue;
}

export interface TtlResult {
  readonly output: readonly ({ readonly after: number } & TtlRow)[];
}

/** An operation on the current key's state; a read gives its row's value. */
type Operation = (item: JsonObject, index: number) => JsonValue | void;
type Operations = Readonly<Record<string, Operation>>;

/** @throws CaseRejected when the case or its rule is wrong */
export function runStateTtlCase(document: JsonObject): TtlResult {
  const { kind, config } = readRule(document.rule);
  const clock = new ManualProcessingTimeService();
  const backend = new KeyedStateBackend(() => clock.currentProcessingTime());
  const operations = OPERATIONS[kind](backend, config);
  const output = new Rows<TtlRow>();
  for (const [index, item] of inputOf(document).entries()) {
    output.after = index;
    if ('time' in item) {
      clock.advanceTo(timeOf(item.time, index));
      continue;
    }
    const { op } = item;
    if (typeof op !== 'string' || !Object.hasOwn(operations, op))
      reject('invalid-value', `item ${index}: ${shown(op)} is none of ${Object.keys(operations).join(', ')}`);
    if (item.key === undefined) reject('missing-key', `item ${index} has no key`);
    backend.setCurrentKey(item.key);
    const value = operations[op as string](item, index);
    if (value !== undefined) output.add({ value });
  }
  return { output: output.rows };
}

function readRule(rule: unknown): { readonly kind: 'value' | 'list' | 'map'; readonly config: StateTtlConfig } {
  return readCaseRule(rule, ['state', 'ttl', 'update'], (fields) => {
    for (const key of ['state', 'ttl']) if (!fields.has(key)) fields.missing(key, key === 'ttl' ? 'a duration' : 'value, list or map');
    const kind = fields.oneOf('state', ['value', 'list', 'map']);
    const ttl = fields.duration('ttl', 1);
    const update = fields.oneOf('update', ['onCreateAndWrite', 'onReadAndWrite']) ?? 'onCreateAndWrite';
    return kind === undefined || ttl == null ? undefined : { kind, config: { ttl, update } };
  });
}

const OPERATIONS = { value: valueOperations, list: listOperations, map: mapOperations } as const;

function valueOperations(backend: KeyedStateBackend, ttl: StateTtlConfig): Operations {
  const descriptor = valueState<JsonValue>('state', { ttl });
  const state = (): ValueState<JsonValue> => backend.getState(descriptor);
  return {
    get: () => state().value() ?? null,
    put: (item, index) => state().update(given(item, 'value', index)),
    clear: () => state().clear(),
  };
}

function listOperations(backend: KeyedStateBackend, ttl: StateTtlConfig): Operations {
  const descriptor = listState<JsonValue>('state', { ttl });
  const state = (): ListState<JsonValue> => backend.getState(descriptor);
  return {
    get: () => [...state().get()],
    add: (item, index) => state().add(given(item, 'value', index)),
    put: (item, index) => {
      const values = given(item, 'value', index);
      if (!Array.isArray(values)) reject('wrong-type', `item ${index}: \`put\` replaces the list by a list`);
      state().update(values as JsonValue[]);
    },
    clear: () => state().clear(),
  };
}

function mapOperations(backend: KeyedStateBackend, ttl: StateTtlConfig): Operations {
  const descriptor = mapState<JsonValue, JsonValue>('state', { ttl });
  const state = (): MapState<JsonValue, JsonValue> => backend.getState(descriptor);
  return {
    get: (item, index) => state().get(given(item, 'entry', index)) ?? null,
    has: (item, index) => state().has(given(item, 'entry', index)),
    put: (item, index) => state().put(given(item, 'entry', index), given(item, 'value', index)),
    remove: (item, index) => state().remove(given(item, 'entry', index)),
    entries: () =>
      Object.fromEntries(
        state()
          .entries()
          .map(([entry, value]) => [String(entry), value]),
      ),
    clear: () => state().clear(),
  };
}

function given(item: JsonObject, key: string, index: number): JsonValue {
  return item[key] ?? reject('missing-key', `item ${index} has no \`${key}\``);
}
