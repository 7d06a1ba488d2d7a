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

/** Where panes and windows begin and end, epoch ms. A window is known by its end. */
interface Grid {
  /** Start of the pane that `time` falls into; undefined in a gap between windows. */
  paneStart(time: number): number | undefined;
  /** End of the first window that ends after `fired` and holds the pane. */
  firstEnd(paneStart: number, fired: number): number;
  /** Start of the window that ends at `end`. */
  startOf(end: number): number;
  /** Start of the window after it: older panes are no longer needed. */
  nextStart(end: number): number;
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

  processEvent({ panes }: PaneState, event: Event, out: MatchOutput): void {
    const start = this.#grid.paneStart(event.time);
    if (start === undefined) return;
    if (panes.length === 0 || panes[panes.length - 1].start !== start) panes.push({ start, row: this.selection.createAccumulator() });
    this.selection.add(event, panes[panes.length - 1].row, out);
  }

  nextDeadline({ panes, fired }: PaneState): number {
    return panes.length === 0 ? Infinity : this.#grid.firstEnd(panes[0].start, fired);
  }

  advanceTime(state: PaneState, time: number, out: MatchOutput): void {
    while (state.panes.length > 0) {
      const end = this.#grid.firstEnd(state.panes[0].start, state.fired);
      if (end > time) return;
      this.#fire(state, end, out);
    }
  }

  #fire(state: PaneState, end: number, out: MatchOutput): void {
    const { panes } = state;
    const total = this.total();
    for (let i = 0; i < panes.length && panes[i].start < end; i++) this.selection.merge(total, panes[i].row);
    const next = this.#grid.nextStart(end);
    while (panes.length > 0 && panes[0].start < next) panes.shift();
    state.fired = end;
    const start = this.#grid.startOf(end);
    this.emit(total, { window: { start, end }, firing: 1, startTime: start, endTime: end }, out);
  }

  protected openWindows({ panes, fired }: PaneState): number {
    return new Set(panes.map(({ start }) => this.#grid.firstEnd(start, fired))).size;
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
    firstEnd: (paneStart) => days.windowOf(paneStart).end,
    startOf: (end) => days.windowOf(end - 1).start,
    nextStart: (end) => end,
  };
}

function slidingGrid(size: number, every: number, offset: number): Grid {
  /** From the start of a slide to where an older window ends in it. */
  const rest = size % every;
  return {
    paneStart: (time) => {
      const start = TimeWindow.startOf(time, offset, every);
      if (rest === 0 || time - start < rest) return start;
      return size < every ? undefined : start + rest;
    },
    // The earliest of offset + size + n * every that is later than both.
    firstEnd: (paneStart, fired) => TimeWindow.startOf(Math.max(paneStart, fired), offset + size, every) + every,
    startOf: (end) => end - size,
    nextStart: (end) => end - size + every,
  };
}
