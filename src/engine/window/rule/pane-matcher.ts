import type { Event } from '../../event/event.js';
import type { MatchOutput } from '../../match/matcher.js';
import type { BinaryReader, BinaryWriter } from '../../state/binary.js';
import { CalendarDayWindows } from '../assigners/calendar-days.js';
import type { Row } from '../select/selection.js';
import type { WindowSpec } from '../spec/window-spec.js';
import { TimeWindow } from '../window.js';
import { readRow, type WindowFunctions, WindowMatcher, writeRow } from './window-state.js';

interface Pane {
  /** Epoch ms. */
  readonly start: number;
  readonly row: Row;
}

export interface PaneState {
  /** Rising; those that an open window still needs. */
  panes: Pane[];
  /** End of the last window that fired, epoch ms. */
  fired: number;
}

/** Where panes and windows begin and end. */
interface Grid {
  /** Start of the pane that `time` falls into; undefined in a gap between windows. */
  paneStart(time: number): number | undefined;
  /** The first window that ends after `fired` and holds the pane. */
  firstWindow(paneStart: number, fired: number): TimeWindow;
  /** Start of the window after `window`: older panes are no longer needed. */
  nextStart(window: TimeWindow): number;
}

/**
 * Tumbling and sliding windows. Events are folded into panes, the stretches between one start or end of a
 * window and the next (at most two a slide: Krishnamurthy, Wu, Franklin, "On-the-fly sharing for streamed
 * aggregation", 2006); a window that fires adds its panes up. Cost per event: one pane, whatever the
 * overlap; per firing: the panes of a window.
 */
export class PaneMatcher extends WindowMatcher<PaneState> {
  readonly #grid: Grid;

  constructor(spec: Extract<WindowSpec, { kind: 'tumbling' | 'sliding' }>, functions: WindowFunctions) {
    super(functions);
    this.#grid = gridOf(spec);
  }

  createState(): PaneState {
    return { panes: [], fired: -Infinity };
  }

  isEmpty({ panes }: PaneState): boolean {
    return panes.length === 0;
  }

  processEvent(state: PaneState, event: Event, out: MatchOutput): void {
    const last = state.panes[state.panes.length - 1];
    const start = this.#grid.paneStart(event.time);
    if (start === undefined) return;
    if (last?.start === start) return this.add(event, last.row, out);
    const row = this.selection.createAccumulator();
    state.panes.push({ start, row });
    this.add(event, row, out);
  }

  nextDeadline({ panes, fired }: PaneState): number {
    return panes.length === 0 ? Infinity : this.#grid.firstWindow(panes[0].start, fired).end;
  }

  advanceTime(state: PaneState, time: number, out: MatchOutput): void {
    while (state.panes.length > 0) {
      const window = this.#grid.firstWindow(state.panes[0].start, state.fired);
      if (window.end > time) return;
      this.#fire(state, window, out);
    }
  }

  #fire(state: PaneState, window: TimeWindow, out: MatchOutput): void {
    const { start, end } = window;
    const total = this.selection.createAccumulator();
    for (const pane of state.panes) {
      if (pane.start >= end) break;
      this.selection.merge(total, pane.row);
    }
    const next = this.#grid.nextStart(window);
    state.fired = end;
    const kept = state.panes.findIndex((pane) => pane.start >= next);
    state.panes = kept < 0 ? [] : state.panes.slice(kept);
    this.emit(total, { window: { start, end }, firing: 1, startTime: start, endTime: end }, out);
  }

  protected openWindows({ panes, fired }: PaneState): number {
    const ends = new Set(panes.map(({ start }) => this.#grid.firstWindow(start, fired).end));
    return ends.size;
  }

  write({ panes, fired }: PaneState, out: BinaryWriter): void {
    out.double(fired);
    out.uint(panes.length);
    for (const { start, row } of panes) {
      out.double(start);
      writeRow(row, out);
    }
  }

  read(from: BinaryReader): PaneState {
    const fired = from.double();
    const panes = Array.from({ length: from.uint() }, () => ({ start: from.double(), row: readRow(this.selection.width, from) }));
    return { panes, fired };
  }
}

function gridOf(spec: Extract<WindowSpec, { kind: 'tumbling' | 'sliding' }>): Grid {
  if (spec.kind === 'tumbling' && spec.timezone !== undefined)
    return calendarGrid(CalendarDayWindows.of(spec.size, spec.timezone, spec.offset));
  const every = spec.kind === 'sliding' ? spec.every : spec.size;
  return slidingGrid(spec.size, every, spec.offset);
}

function calendarGrid(days: CalendarDayWindows): Grid {
  return {
    paneStart: (time) => days.windowOf(time).start,
    firstWindow: (paneStart) => days.windowOf(paneStart),
    nextStart: ({ end }) => end,
  };
}

function slidingGrid(size: number, every: number, offset: number): Grid {
  /** From the start of a slide to where an older window ends in it. */
  const rest = size % every;
  return {
    paneStart: (time) => {
      const start = TimeWindow.startOf(time, offset, every);
      if (rest === 0) return start;
      const inside = time - start < rest;
      if (!inside && size < every) return undefined;
      return inside ? start : start + rest;
    },
    firstWindow: (paneStart, fired) => {
      const after = Math.max(paneStart, fired);
      // The earliest end after `after`, at one of offset + size + n * every.
      const end = TimeWindow.startOf(after, offset + size, every) + every;
      return new TimeWindow(end - size, end);
    },
    nextStart: ({ start }) => start + every,
  };
}
