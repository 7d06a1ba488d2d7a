import { reducingState } from '../../state/keyed/descriptors.js';
import type { Window } from '../window.js';
import type { OnMergeContext, Trigger, TriggerContext, TriggerResult } from './trigger.js';

const COUNT = reducingState<number>('trigger-count', (a, b) => a + b);

/** Fires with every `maxCount`-th event of the window. */
export class CountTrigger implements Trigger<unknown, Window> {
  private constructor(private readonly maxCount: number) {}

  static of(maxCount: number): CountTrigger {
    if (!Number.isSafeInteger(maxCount) || maxCount < 1) throw new RangeError(`maxCount must be a whole number from 1: ${maxCount}`);
    return new CountTrigger(maxCount);
  }

  onElement(_element: unknown, _timestamp: number, _window: Window, context: TriggerContext): TriggerResult {
    const count = context.getReducingState(COUNT);
    count.add(1);
    if ((count.get() as number) < this.maxCount) return 'continue';
    count.clear();
    return 'fire';
  }

  onEventTime(): TriggerResult {
    return 'continue';
  }

  onProcessingTime(): TriggerResult {
    return 'continue';
  }

  onMerge(_window: Window, context: OnMergeContext): void {
    context.mergePartitionedState(COUNT);
  }

  clear(_window: Window, context: TriggerContext): void {
    context.getReducingState(COUNT).clear();
  }
}
