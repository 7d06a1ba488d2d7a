import { EventTimeTrigger, ProcessingTimeTrigger } from '../triggers/time-triggers.js';
import type { Trigger } from '../triggers/trigger.js';
import { TimeWindow } from '../window.js';
import { type AssignerContext, checkPositive, type MergingWindowAssigner } from './window-assigner.js';

/** The gap after an event that ends its session, ms. */
export type SessionGapExtractor<T> = (element: T) => number;

abstract class SessionWindows<T> {
  protected constructor(private readonly gap: SessionGapExtractor<T>) {}

  protected windowOf(element: T, time: number): readonly TimeWindow[] {
    const gap = this.gap(element);
    checkPositive('session gap', gap);
    return [new TimeWindow(time, time + gap)];
  }

  mergeWindows(windows: readonly TimeWindow[], merged: (union: TimeWindow, parts: readonly TimeWindow[]) => void): void {
    const sorted = [...windows].sort((a, b) => a.start - b.start);
    let parts: TimeWindow[] = [];
    let union: TimeWindow | undefined;
    const close = (): void => {
      if (union !== undefined && parts.length > 1) merged(union, parts);
    };
    for (const window of sorted) {
      if (union?.intersects(window)) {
        union = union.cover(window);
        parts.push(window);
        continue;
      }
      close();
      union = window;
      parts = [window];
    }
    close();
  }
}

/** Spells of activity by event time: events no further apart than the gap are one session. */
export class EventTimeSessionWindows<T = unknown> extends SessionWindows<T> implements MergingWindowAssigner<T, TimeWindow> {
  readonly isEventTime = true;

  /** @param gap ms */
  static withGap(gap: number): EventTimeSessionWindows {
    checkPositive('session gap', gap);
    return new EventTimeSessionWindows(() => gap);
  }

  static withDynamicGap<T>(gap: SessionGapExtractor<T>): EventTimeSessionWindows<T> {
    return new EventTimeSessionWindows(gap);
  }

  assignWindows(element: T, timestamp: number): readonly TimeWindow[] {
    return this.windowOf(element, timestamp);
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return EventTimeTrigger.create();
  }
}

/** Spells of activity by processing time. */
export class ProcessingTimeSessionWindows<T = unknown> extends SessionWindows<T> implements MergingWindowAssigner<T, TimeWindow> {
  readonly isEventTime = false;

  static withGap(gap: number): ProcessingTimeSessionWindows {
    checkPositive('session gap', gap);
    return new ProcessingTimeSessionWindows(() => gap);
  }

  static withDynamicGap<T>(gap: SessionGapExtractor<T>): ProcessingTimeSessionWindows<T> {
    return new ProcessingTimeSessionWindows(gap);
  }

  assignWindows(element: T, _timestamp: number, context: AssignerContext): readonly TimeWindow[] {
    return this.windowOf(element, context.currentProcessingTime());
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return ProcessingTimeTrigger.create();
  }
}
