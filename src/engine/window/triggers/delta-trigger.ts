import { valueState } from '../../state/keyed/descriptors.js';
import type { Window } from '../window.js';
import type { Trigger, TriggerContext, TriggerResult } from './trigger.js';

/** Fires when an event is further than a threshold from the one that fired last (at first: the first event). */
export class DeltaTrigger<T> implements Trigger<T, Window> {
  readonly #last = valueState<T>('trigger-delta-last');

  private constructor(
    private readonly threshold: number,
    private readonly delta: (old: T, now: T) => number,
  ) {}

  static of<T>(threshold: number, delta: (old: T, now: T) => number): DeltaTrigger<T> {
    return new DeltaTrigger(threshold, delta);
  }

  onElement(element: T, _timestamp: number, _window: Window, context: TriggerContext): TriggerResult {
    const last = context.getValueState(this.#last);
    const old = last.value();
    if (old !== undefined && !(this.delta(old, element) > this.threshold)) return 'continue';
    last.update(element);
    return old === undefined ? 'continue' : 'fire';
  }

  onEventTime(): TriggerResult {
    return 'continue';
  }

  onProcessingTime(): TriggerResult {
    return 'continue';
  }

  clear(_window: Window, context: TriggerContext): void {
    context.getValueState(this.#last).clear();
  }
}
