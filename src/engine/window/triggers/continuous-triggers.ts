import { reducingState } from '../../state/keyed/descriptors.js';
import { TimeWindow, type Window } from '../window.js';
import type { OnMergeContext, Trigger, TriggerContext, TriggerResult } from './trigger.js';

const FIRE_TIME = reducingState<number>('trigger-fire-time', Math.min);

/** Fires each `interval` of event time while the window has events, and at its end. */
export class ContinuousEventTimeTrigger implements Trigger<unknown, Window> {
  private constructor(private readonly interval: number) {}

  /** @param interval ms */
  static of(interval: number): ContinuousEventTimeTrigger {
    return new ContinuousEventTimeTrigger(interval);
  }

  onElement(_element: unknown, timestamp: number, window: Window, context: TriggerContext): TriggerResult {
    if (window.maxTimestamp <= context.currentWatermark) return 'fire';
    context.registerEventTimeTimer(window.maxTimestamp);
    if (context.getReducingState(FIRE_TIME).get() === undefined) {
      this.#registerNext(TimeWindow.startOf(timestamp, 0, this.interval), window, context);
    }
    return 'continue';
  }

  onEventTime(time: number, window: Window, context: TriggerContext): TriggerResult {
    if (time === window.maxTimestamp) return 'fire';
    const fireTime = context.getReducingState(FIRE_TIME);
    if (fireTime.get() !== time) return 'continue';
    fireTime.clear();
    this.#registerNext(time, window, context);
    return 'fire';
  }

  onProcessingTime(): TriggerResult {
    return 'continue';
  }

  onMerge(_window: Window, context: OnMergeContext): void {
    context.mergePartitionedState(FIRE_TIME);
    const next = context.getReducingState(FIRE_TIME).get();
    if (next !== undefined) context.registerEventTimeTimer(next);
  }

  clear(_window: Window, context: TriggerContext): void {
    const fireTime = context.getReducingState(FIRE_TIME);
    const time = fireTime.get();
    if (time === undefined) return;
    context.deleteEventTimeTimer(time);
    fireTime.clear();
  }

  #registerNext(time: number, window: Window, context: TriggerContext): void {
    const next = Math.min(time + this.interval, window.maxTimestamp);
    context.getReducingState(FIRE_TIME).add(next);
    context.registerEventTimeTimer(next);
  }
}

/** Fires each `interval` of processing time while the window has events. */
export class ContinuousProcessingTimeTrigger implements Trigger<unknown, Window> {
  private constructor(private readonly interval: number) {}

  /** @param interval ms */
  static of(interval: number): ContinuousProcessingTimeTrigger {
    return new ContinuousProcessingTimeTrigger(interval);
  }

  onElement(_element: unknown, _timestamp: number, window: Window, context: TriggerContext): TriggerResult {
    if (context.getReducingState(FIRE_TIME).get() === undefined) {
      this.#registerNext(TimeWindow.startOf(context.currentProcessingTime(), 0, this.interval), window, context);
    }
    return 'continue';
  }

  onEventTime(): TriggerResult {
    return 'continue';
  }

  onProcessingTime(time: number, window: Window, context: TriggerContext): TriggerResult {
    const fireTime = context.getReducingState(FIRE_TIME);
    if (fireTime.get() !== time) return 'continue';
    fireTime.clear();
    this.#registerNext(time, window, context);
    return 'fire';
  }

  onMerge(_window: Window, context: OnMergeContext): void {
    context.mergePartitionedState(FIRE_TIME);
    const next = context.getReducingState(FIRE_TIME).get();
    if (next !== undefined) context.registerProcessingTimeTimer(next);
  }

  clear(_window: Window, context: TriggerContext): void {
    const fireTime = context.getReducingState(FIRE_TIME);
    const time = fireTime.get();
    if (time === undefined) return;
    context.deleteProcessingTimeTimer(time);
    fireTime.clear();
  }

  #registerNext(time: number, window: Window, context: TriggerContext): void {
    const next = Math.min(time + this.interval, window.maxTimestamp);
    context.getReducingState(FIRE_TIME).add(next);
    context.registerProcessingTimeTimer(next);
  }
}
