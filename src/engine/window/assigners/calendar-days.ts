import { localToEpoch, zoneOffset } from '../../event/decode/iso-time.js';
import { EventTimeTrigger } from '../triggers/time-triggers.js';
import type { Trigger } from '../triggers/trigger.js';
import { TimeWindow } from '../window.js';
import { checkOffset, checkPositive, type WindowAssigner } from './window-assigner.js';

/** Windows of whole days of a zone's calendar side by side: 23 or 25 hours where its clock changes. */
export class CalendarDayWindows implements WindowAssigner<unknown, TimeWindow> {
  readonly isEventTime = true;
  /** Looking a zone's clock up costs microseconds, and most events fall into the window of the one before. */
  #last = new TimeWindow(0, 0);

  private constructor(
    readonly size: number,
    readonly timezone: string,
    readonly offset: number,
  ) {
    checkPositive('size', size);
    checkOffset(offset, size);
  }

  /** @param size whole days, ms; @param offset ms of the zone's wall clock after midnight */
  static of(size: number, timezone: string, offset = 0): CalendarDayWindows {
    return new CalendarDayWindows(size, timezone, offset);
  }

  windowOf(time: number): TimeWindow {
    if (time >= this.#last.start && time < this.#last.end) return this.#last;
    const wall = TimeWindow.startOf(time + zoneOffset(time, this.timezone), this.offset, this.size);
    this.#last = new TimeWindow(localToEpoch(wall, this.timezone), localToEpoch(wall + this.size, this.timezone));
    return this.#last;
  }

  assignWindows(_element: unknown, timestamp: number): readonly TimeWindow[] {
    return [this.windowOf(timestamp)];
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return EventTimeTrigger.create();
  }
}
