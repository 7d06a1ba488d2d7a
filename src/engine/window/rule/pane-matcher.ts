import type { Event } from '../../event/event.js';
import type { MatchOutput } from '../../match/matcher.js';
import type { BinaryReader, BinaryWriter } from '../../state/binary.js';
import { CalendarDayWindows } from '../assigners/calendar-days.js';
import type { WindowSpec } from '../spec/window-spec.js';
import { TimeWindow } from '../window.js';
import { type WindowFunctions, WindowMatcher } from './window-state.js';

/**
 * All of a key in one list of numbers, as there are as many as keys and each window that fires reads it: when the last
 * window fired and when the next one does (its end, epoch ms; Infinity without panes), then the panes that an open window
 * still needs, each its start (epoch ms, rising) and its row.
 */
export type PaneState = number[];

const FIRED = 0;
const NEXT_END = 1;
const PANES = 2;

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
  readonly representation = 'panes';
  readonly #grid: Grid;
  /** Numbers of a pane. */
  readonly #stride: number;

  constructor(spec: Extract<WindowSpec, { kind: 'tumbling' | 'sliding' }>, functions: WindowFunctions) {
    super(functions);
    this.#grid = gridOf(spec);
    this.#stride = 1 + this.selection.width;
  }

  createState(): PaneState {
    return [-Infinity, Infinity];
  }

  isEmpty(state: PaneState): boolean {
    return state.length === PANES;
  }

  processEvent(state: PaneState, event: Event, out: MatchOutput): void {
    const start = this.#grid.paneStart(event.time);
    if (start === undefined) return;
    const isFirst = state.length === PANES;
    if (isFirst || state[state.length - this.#stride] !== start) {
      state.push(start);
      this.selection.append(state);
      if (isFirst) state[NEXT_END] = this.#grid.firstEnd(start, state[FIRED]);
    }
    this.selection.add(event, state, out, state.length - this.#stride + 1);
  }

  nextDeadline(state: PaneState): number {
    return state[NEXT_END];
  }

  advanceTime(state: PaneState, time: number, out: MatchOutput): void {
    while (state[NEXT_END] <= time) this.#fire(state, state[NEXT_END], out);
  }

  #fire(state: PaneState, end: number, out: MatchOutput): void {
    const total = this.total();
    for (let at = PANES; at < state.length && state[at] < end; at += this.#stride) this.selection.merge(total, state, at + 1);
    this.#dropBefore(this.#grid.nextStart(end), state);
    state[FIRED] = end;
    state[NEXT_END] = state.length === PANES ? Infinity : this.#grid.firstEnd(state[PANES], end);
    this.emitWindow(total, this.#grid.startOf(end), end, out);
  }

  #dropBefore(start: number, state: PaneState): void {
    let from = PANES;
    while (from < state.length && state[from] < start) from += this.#stride;
    if (from === PANES) return;
    const gone = from - PANES;
    for (let at = from; at < state.length; at++) state[at - gone] = state[at];
    state.length -= gone;
  }

  protected openWindows(state: PaneState): number {
    const ends = new Set<number>();
    for (let at = PANES; at < state.length; at += this.#stride) ends.add(this.#grid.firstEnd(state[at], state[FIRED]));
    return ends.size;
  }

  write(state: PaneState, out: BinaryWriter): void {
    out.double(state[FIRED]);
    out.uint((state.length - PANES) / this.#stride);
    for (let at = PANES; at < state.length; at++) out.double(state[at]);
  }

  read(from: BinaryReader): PaneState {
    const state = this.createState();
    state[FIRED] = from.double();
    for (let left = from.uint() * this.#stride; left > 0; left--) state.push(from.double());
    if (!this.isEmpty(state)) state[NEXT_END] = this.#grid.firstEnd(state[PANES], state[FIRED]);
    return state;
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
