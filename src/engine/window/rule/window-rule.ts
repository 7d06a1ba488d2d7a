import type { SelectItem } from '../select/read-select.js';
import type { WindowSpec } from '../spec/window-spec.js';

/** The window part of a rule, checked. */
export interface WindowRule {
  readonly window: WindowSpec;
  readonly select: readonly SelectItem[];
  /** CEL over the selected values, `window` and `key`: an alert only when it holds. */
  readonly having?: string;
  /** ms. Without effect in the service, which puts events in order before rules see them. */
  readonly allowedLateness: number;
}

/** Names that alerts and `having` have beside the selected values. */
export const WINDOW_VALUES = ['key', 'window'] as const;

/** The names of MatchView.values in `having` and in an alert of a window rule, in order. */
export function windowValueNames(select: readonly SelectItem[]): readonly string[] {
  return [...WINDOW_VALUES, ...select.map(({ name }) => name)];
}
