import type { Snapshotable } from '../keyed-state.js';
import type { StateFormat } from './state-format.js';

/** Whose turn it is. */
export interface CurrentKey {
  /** Typed identity of the key. */
  readonly currentKeyId: string;
  readonly currentKeyGroup: number;
}

/** One state's values of all keys: shows that of the current key in the namespace last set. */
export interface StateTable<S = unknown> {
  setNamespace(id: string): void;
  /** What it gives may be changed in place, and then put again. */
  get(): S | undefined;
  put(value: S): void;
  remove(): void;
  /** What the current key has in a namespace, taken out. */
  takeFrom(namespace: string): S | undefined;
}

/**
 * Where a subtask's keyed values stand, of all its states (what differs between Flink's state backends). Values are
 * read and written at once; what does that to a disk does it in `settle`.
 */
export interface StateStore extends Snapshotable {
  /** The table of a state; values restored before stay as bytes until they are asked for. */
  table<S>(format: StateFormat<S>, current: CurrentKey): StateTable<S>;
  /** Awaited between batches of the sources. */
  settle?(): Promise<void>;
  /** Reads more of what a snapshot that has begun is to hold; awaited between two calls of `continueSnapshot`. */
  continueReading?(): Promise<void>;
  close?(): Promise<void>;
}
