import type { ReducingState, ValueState } from '../../state/keyed/keyed-state.js';
import type { ReducingStateDescriptor, ValueStateDescriptor } from '../../state/keyed/descriptors.js';
import type { Window } from '../window.js';

/** What becomes of the window: `fire` gives its result, `purge` drops its events. */
export type TriggerResult = 'continue' | 'fire' | 'purge' | 'fireAndPurge';

export function isFire(result: TriggerResult): boolean {
  return result === 'fire' || result === 'fireAndPurge';
}

export function isPurge(result: TriggerResult): boolean {
  return result === 'purge' || result === 'fireAndPurge';
}

/** Timers and state of the current key and window. Times are ms. */
export interface TriggerContext {
  readonly currentWatermark: number;
  currentProcessingTime(): number;
  registerEventTimeTimer(time: number): void;
  registerProcessingTimeTimer(time: number): void;
  deleteEventTimeTimer(time: number): void;
  deleteProcessingTimeTimer(time: number): void;
  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T>;
  getValueState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T>;
}

export interface OnMergeContext extends TriggerContext {
  /** Moves the merged windows' state of this name into the union's. */
  mergePartitionedState<T>(descriptor: ReducingStateDescriptor<T>): void;
}

/** When a window gives its result (Flink's Trigger). Stateless: what it remembers is in the context's state. */
export interface Trigger<T, W extends Window> {
  onElement(element: T, timestamp: number, window: W, context: TriggerContext): TriggerResult;
  onEventTime(time: number, window: W, context: TriggerContext): TriggerResult;
  onProcessingTime(time: number, window: W, context: TriggerContext): TriggerResult;
  /** Windows were merged into `window`; a trigger without it cannot be used with sessions. */
  onMerge?(window: W, context: OnMergeContext): void;
  /** The window is gone: delete its timers and state. */
  clear(window: W, context: TriggerContext): void;
}

/** Never fires. */
export class NeverTrigger implements Trigger<unknown, Window> {
  onElement(): TriggerResult {
    return 'continue';
  }

  onEventTime(): TriggerResult {
    return 'continue';
  }

  onProcessingTime(): TriggerResult {
    return 'continue';
  }

  onMerge(): void {}
  clear(): void {}
}
