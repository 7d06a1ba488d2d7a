import type { Trigger } from '../triggers/trigger.js';
import type { Window } from '../window.js';

export interface AssignerContext {
  /** ms */
  currentProcessingTime(): number;
}

/** Which windows an event belongs to (Flink's WindowAssigner). Stateless. */
export interface WindowAssigner<T, W extends Window> {
  /** Whether windows are complete by event time; else by processing time. */
  readonly isEventTime: boolean;
  assignWindows(element: T, timestamp: number, context: AssignerContext): readonly W[];
  getDefaultTrigger(): Trigger<T, W>;
  /** The window of an id, when windows are neither TimeWindows nor the global one. */
  windowOfId?(id: string): W;
}

/** One whose windows may grow together (sessions). */
export interface MergingWindowAssigner<T, W extends Window> extends WindowAssigner<T, W> {
  /** Calls `merged` for each group of two or more windows that are one, with their union. */
  mergeWindows(windows: readonly W[], merged: (union: W, parts: readonly W[]) => void): void;
}

export function isMerging<T, W extends Window>(assigner: WindowAssigner<T, W>): assigner is MergingWindowAssigner<T, W> {
  return 'mergeWindows' in assigner;
}

/** @throws RangeError naming the bound */
export function checkPositive(name: string, value: number): void {
  if (!(value > 0)) throw new RangeError(`${name} must be longer than 0 ms: ${value}`);
}

export function checkOffset(offset: number, below: number): void {
  if (!(Math.abs(offset) < below)) throw new RangeError(`|offset| must be below ${below} ms: ${offset}`);
}
