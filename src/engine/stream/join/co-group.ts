import type { WindowFunction } from '../../window/window-functions.js';
import type { Window } from '../../window/window.js';
import { bySide, type Tagged } from './tagged.js';

/** Works on both sides of a key and window; one of them may be empty. */
export type CoGroupFunction<L, R, OUT> = (left: readonly L[], right: readonly R[], out: (value: OUT) => void) => void;

/** A window join is a union of both sides through one window operator, which calls this. */
export function coGroupWindowFunction<L, R, OUT, W extends Window>(
  coGroup: CoGroupFunction<L, R, OUT>,
): WindowFunction<readonly Tagged<L, R>[], OUT, W> {
  return {
    process: (_key, _context, elements, out) => {
      const [left, right] = bySide(elements);
      coGroup(left, right, out);
    },
  };
}

/** Every pair of a left and a right element. */
export function joinFunction<L, R, OUT>(join: (left: L, right: R) => OUT): CoGroupFunction<L, R, OUT> {
  return (left, right, out) => {
    for (const l of left) for (const r of right) out(join(l, r));
  };
}
