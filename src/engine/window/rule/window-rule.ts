import type { SelectItem } from '../select/read-select.js';
import type { WindowSpec } from '../spec/window-spec.js';

/** The window part of a rule, checked. */
export interface WindowRule {
  readonly window: WindowSpec;
  readonly select: readonly SelectItem[];
  /** CEL over the selected values and `window`: an alert only when it holds. */
  readonly having?: string;
  /** ms. Without effect in the service, which puts events in order before rules see them. */
  readonly allowedLateness: number;
}

/** Names that no selected value may have: they mean something in `having` and in alerts. */
export const RESERVED_VALUES: readonly string[] = ['event', 'key', 'window'];

/** What `having` reads, in the order of MatchView.values: `window` ({start, end}, epoch ms; null for counts) and the selected values. */
export function windowValueNames(select: readonly SelectItem[]): readonly string[] {
  return ['window', ...select.map(({ name }) => name)];
}
