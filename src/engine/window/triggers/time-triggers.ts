import type { Window } from '../window.js';
import type { Trigger, TriggerContext, TriggerResult } from './trigger.js';

/** Fires when the watermark passes the window's end; at once for an event that comes after. */
export class EventTimeTrigger implements Trigger<unknown, Window> {
  static create(): EventTimeTrigger {
    return new EventTimeTrigger();
  }

  onElement(_element: unknown, _timestamp: number, window: Window, context: TriggerContext): TriggerResult {
    if (window.maxTimestamp <= context.currentWatermark) return 'fire';
    context.registerEventTimeTimer(window.maxTimestamp);
    return 'continue';
  }

  onEventTime(time: number, window: Window): TriggerResult {
    return time === window.maxTimestamp ? 'fire' : 'continue';
  }

  onProcessingTime(): TriggerResult {
    return 'continue';
  }

  /** A union that is behind the watermark fires with the element that made it. */
  onMerge(window: Window, context: TriggerContext): void {
    if (window.maxTimestamp > context.currentWatermark) context.registerEventTimeTimer(window.maxTimestamp);
  }

  clear(window: Window, context: TriggerContext): void {
    context.deleteEventTimeTimer(window.maxTimestamp);
  }
}

/** Fires when processing time passes the window's end. */
export class ProcessingTimeTrigger implements Trigger<unknown, Window> {
  static create(): ProcessingTimeTrigger {
    return new ProcessingTimeTrigger();
  }

  onElement(_element: unknown, _timestamp: number, window: Window, context: TriggerContext): TriggerResult {
    context.registerProcessingTimeTimer(window.maxTimestamp);
    return 'continue';
  }

  onEventTime(): TriggerResult {
    return 'continue';
  }

  onProcessingTime(): TriggerResult {
    return 'fire';
  }

  onMerge(window: Window, context: TriggerContext): void {
    if (window.maxTimestamp > context.currentProcessingTime()) context.registerProcessingTimeTimer(window.maxTimestamp);
  }

  clear(window: Window, context: TriggerContext): void {
    context.deleteProcessingTimeTimer(window.maxTimestamp);
  }
}
