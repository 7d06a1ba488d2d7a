import { EventTimeTrigger, ProcessingTimeTrigger } from '../triggers/time-triggers.js';
import type { Trigger } from '../triggers/trigger.js';
import { TimeWindow } from '../window.js';
import { type AssignerContext, checkOffset, checkPositive, type WindowAssigner } from './window-assigner.js';

abstract class TumblingWindows {
  /** @param size, offset ms */
  protected constructor(
    readonly size: number,
    readonly offset: number,
  ) {
    checkPositive('size', size);
    checkOffset(offset, size);
  }

  protected windowOf(time: number): readonly TimeWindow[] {
    const start = TimeWindow.startOf(time, this.offset, this.size);
    return [new TimeWindow(start, start + this.size)];
  }
}

/** Windows of one size side by side, by event time. */
export class TumblingEventTimeWindows extends TumblingWindows implements WindowAssigner<unknown, TimeWindow> {
  readonly isEventTime = true;

  /** @param size, offset ms; windows start at offset + n * size */
  static of(size: number, offset = 0): TumblingEventTimeWindows {
    return new TumblingEventTimeWindows(size, offset);
  }

  assignWindows(_element: unknown, timestamp: number): readonly TimeWindow[] {
    return this.windowOf(timestamp);
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return EventTimeTrigger.create();
  }
}

/** Windows of one size side by side, by processing time. */
export class TumblingProcessingTimeWindows extends TumblingWindows implements WindowAssigner<unknown, TimeWindow> {
  readonly isEventTime = false;

  static of(size: number, offset = 0): TumblingProcessingTimeWindows {
    return new TumblingProcessingTimeWindows(size, offset);
  }

  assignWindows(_element: unknown, _timestamp: number, context: AssignerContext): readonly TimeWindow[] {
    return this.windowOf(context.currentProcessingTime());
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return ProcessingTimeTrigger.create();
  }
}
