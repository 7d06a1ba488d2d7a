import type { TypeSerializer } from '../state/serializer/type-serializer.js';
import type { MergingWindowAssigner } from './assigners/window-assigner.js';
import type { Window } from './window.js';

/** What has become one: the union, its parts, and where their state stands. */
export interface MergedWindows<W extends Window> {
  readonly union: W;
  readonly parts: readonly W[];
  /** Whose state is the union's from now on. */
  readonly stateWindow: W;
  /** Whose state must be moved into that of `stateWindow`. */
  readonly mergedStateWindows: readonly W[];
}

/** How the entries of a set are written. */
export function windowPairsSerializer<W extends Window>(windowOfId: (id: string) => W): TypeSerializer<readonly (readonly [W, W])[]> {
  return {
    name: 'window-pairs',
    version: 1,
    write: (pairs, out) => {
      out.uint(pairs.length);
      for (const pair of pairs) for (const { id } of pair) out.text(id);
    },
    read: (from) => Array.from({ length: from.uint() }, () => [windowOfId(from.text()), windowOfId(from.text())] as const),
  };
}

/**
 * A key's windows that may still merge (Flink's MergingWindowSet): each with the window under which its
 * state was begun, so that a window that grows leaves its state in place.
 */
export class MergingWindowSet<W extends Window> {
  /** Window id → the window and its state window. */
  readonly #mapping: Map<string, readonly [window: W, stateWindow: W]>;

  constructor(
    private readonly assigner: Pick<MergingWindowAssigner<never, W>, 'mergeWindows'>,
    entries: readonly (readonly [W, W])[] = [],
  ) {
    this.#mapping = new Map(entries.map((entry) => [entry[0].id, entry]));
  }

  /** What has to be kept. */
  entries(): readonly (readonly [W, W])[] {
    return [...this.#mapping.values()];
  }

  stateWindowOf(window: W): W | undefined {
    return this.#mapping.get(window.id)?.[1];
  }

  retire(window: W): void {
    this.#mapping.delete(window.id);
  }

  /**
   * Adds a window and merges what overlaps or touches.
   * @param onMerge called for each union that is not one of the windows there before, unchanged
   * @returns the window that holds the new one
   */
  add(added: W, onMerge: (merged: MergedWindows<W>) => void): W {
    const windows = [...this.#mapping.values()].map(([window]) => window);
    let result = added;
    let isMerged = false;
    const candidates = this.#mapping.has(added.id) ? windows : [...windows, added];
    this.assigner.mergeWindows(candidates, (union, parts) => {
      if (parts.some(({ id }) => id === added.id)) {
        result = union;
        isMerged = true;
      }
      this.#replace(union, parts, added, onMerge);
    });
    if (!isMerged && !this.#mapping.has(added.id)) this.#mapping.set(added.id, [added, added]);
    return result;
  }

  #replace(union: W, parts: readonly W[], added: W, onMerge: (merged: MergedWindows<W>) => void): void {
    const known = parts.filter(({ id }) => this.#mapping.has(id));
    const [stateWindow, ...mergedStateWindows] = known.map((window) => this.stateWindowOf(window) as W);
    for (const { id } of known) this.#mapping.delete(id);
    this.#mapping.set(union.id, [union, stateWindow]);
    // One window that only took in a smaller new one is as it was.
    const isUnchanged = known.length === 1 && known[0].id === union.id;
    if (isUnchanged) return;
    onMerge({ union, parts: known.filter(({ id }) => id !== added.id), stateWindow, mergedStateWindows });
  }
}
