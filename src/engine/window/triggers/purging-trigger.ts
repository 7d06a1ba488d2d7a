import type { Window } from '../window.js';
import type { OnMergeContext, Trigger, TriggerContext, TriggerResult } from './trigger.js';

/** Another trigger, whose every firing also drops the window's events. */
export class PurgingTrigger<T, W extends Window> implements Trigger<T, W> {
  readonly onMerge?: (window: W, context: OnMergeContext) => void;

  private constructor(private readonly nested: Trigger<T, W>) {
    const { onMerge } = nested;
    if (onMerge !== undefined) this.onMerge = (window, context) => onMerge.call(nested, window, context);
  }

  static of<T, W extends Window>(nested: Trigger<T, W>): PurgingTrigger<T, W> {
    return new PurgingTrigger(nested);
  }

  onElement(element: T, timestamp: number, window: W, context: TriggerContext): TriggerResult {
    return purging(this.nested.onElement(element, timestamp, window, context));
  }

  onEventTime(time: number, window: W, context: TriggerContext): TriggerResult {
    return purging(this.nested.onEventTime(time, window, context));
  }

  onProcessingTime(time: number, window: W, context: TriggerContext): TriggerResult {
    return purging(this.nested.onProcessingTime(time, window, context));
  }

  clear(window: W, context: TriggerContext): void {
    this.nested.clear(window, context);
  }
}

function purging(result: TriggerResult): TriggerResult {
  return result === 'fire' ? 'fireAndPurge' : result;
}
