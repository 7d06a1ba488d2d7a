import { EventTimeTrigger, ProcessingTimeTrigger } from '../triggers/time-triggers.js';
import type { Trigger } from '../triggers/trigger.js';
import { TimeWindow } from '../window.js';
import { type AssignerContext, checkOffset, checkPositive, type WindowAssigner } from './window-assigner.js';

abstract class SlidingWindows {
  protected constructor(
    readonly size: number,
    readonly slide: number,
    readonly offset: number,
  ) {
    checkPositive('size', size);
    checkPositive('slide', slide);
    checkOffset(offset, slide);
  }

  /** Every window that holds `time`, the latest first; none when it falls into a gap between windows. */
  protected windowsOf(time: number): readonly TimeWindow[] {
    const windows: TimeWindow[] = [];
    const last = TimeWindow.startOf(time, this.offset, this.slide);
    for (let start = last; start > time - this.size; start -= this.slide) windows.push(new TimeWindow(start, start + this.size));
    return windows;
  }
}

/** Windows of one size, a new one each `slide`, by event time. */
export class SlidingEventTimeWindows extends SlidingWindows implements WindowAssigner<unknown, TimeWindow> {
  readonly isEventTime = true;

  /** @param size, slide, offset ms; windows start at offset + n * slide */
  static of(size: number, slide: number, offset = 0): SlidingEventTimeWindows {
    return new SlidingEventTimeWindows(size, slide, offset);
  }

  assignWindows(_element: unknown, timestamp: number): readonly TimeWindow[] {
    return this.windowsOf(timestamp);
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return EventTimeTrigger.create();
  }
}

/** Windows of one size, a new one each `slide`, by processing time. */
export class SlidingProcessingTimeWindows extends SlidingWindows implements WindowAssigner<unknown, TimeWindow> {
  readonly isEventTime = false;

  static of(size: number, slide: number, offset = 0): SlidingProcessingTimeWindows {
    return new SlidingProcessingTimeWindows(size, slide, offset);
  }

  assignWindows(_element: unknown, _timestamp: number, context: AssignerContext): readonly TimeWindow[] {
    return this.windowsOf(context.currentProcessingTime());
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return ProcessingTimeTrigger.create();
  }
}
