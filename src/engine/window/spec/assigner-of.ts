import { CalendarDayWindows } from '../assigners/calendar-days.js';
import { EventTimeSessionWindows } from '../assigners/session.js';
import { SlidingEventTimeWindows } from '../assigners/sliding.js';
import { TumblingEventTimeWindows } from '../assigners/tumbling.js';
import type { WindowAssigner } from '../assigners/window-assigner.js';
import type { TimeWindow } from '../window.js';
import type { WindowSpec } from './window-spec.js';

/** The event-time assigner of a window that is not a count window. */
export function assignerOf(spec: Exclude<WindowSpec, { kind: 'count' }>): WindowAssigner<unknown, TimeWindow> {
  switch (spec.kind) {
    case 'tumbling':
      return spec.timezone === undefined
        ? TumblingEventTimeWindows.of(spec.size, spec.offset)
        : CalendarDayWindows.of(spec.size, spec.timezone, spec.offset);
    case 'sliding':
      return SlidingEventTimeWindows.of(spec.size, spec.every, spec.offset);
    case 'session':
      return EventTimeSessionWindows.withGap(spec.gap);
  }
}
