import type { Event } from '../../event/event.js';
import type { MatchOutput } from '../../match/matcher.js';
import type { BinaryReader, BinaryWriter } from '../../state/binary.js';
import type { Row } from '../select/selection.js';
import { readRow, type WindowFunctions, WindowMatcher, writeRow } from './window-state.js';

/** What is kept of one event, or of all when no event is used twice. */
interface Part {
  readonly time: number;
  readonly row: Row;
}

export interface CountState {
  /** In order of arrival. */
  parts: Part[];
  /** Events since the last result. */
  count: number;
  firings: number;
}

/**
 * Every `every`-th event of a key gives the last `size`. Windows that do not overlap keep one row; others
 * a row for each event that may be used again. Has no deadline: a rest waits for more events.
 */
export class CountMatcher extends WindowMatcher<CountState> {
  readonly representation = 'count';
  readonly #overlaps: boolean;

  constructor(
    private readonly size: number,
    private readonly every: number,
    functions: WindowFunctions,
  ) {
    super(functions);
    this.#overlaps = size !== every;
  }

  createState(): CountState {
    return { parts: [], count: 0, firings: 0 };
  }

  /** The number of firings is part of alert ids: a key that has fired is not forgotten. */
  isEmpty({ count, firings }: CountState): boolean {
    return count === 0 && firings === 0;
  }

  processEvent(state: CountState, event: Event, out: MatchOutput): void {
    if (this.#overlaps || state.parts.length === 0) state.parts.push({ time: event.time, row: this.selection.createAccumulator() });
    if (state.parts.length > this.size) state.parts.shift();
    this.selection.add(event, state.parts[state.parts.length - 1].row, out);
    if (++state.count < this.every) return;
    state.count = 0;
    state.firings++;
    this.#fire(state, event.time, out);
  }

  #fire(state: CountState, endTime: number, out: MatchOutput): void {
    const total = this.total();
    for (const { row } of state.parts) this.selection.merge(total, row);
    const startTime = state.parts[0].time;
    if (!this.#overlaps) state.parts = [];
    this.emitCount(total, state.firings, startTime, endTime, out);
  }

  nextDeadline(): number {
    return Infinity;
  }

  advanceTime(): void {}

  protected openWindows({ parts }: CountState): number {
    return parts.length === 0 ? 0 : 1;
  }

  write({ parts, count, firings }: CountState, out: BinaryWriter): void {
    out.uint(count);
    out.uint(firings);
    out.uint(parts.length);
    for (const { time, row } of parts) {
      out.double(time);
      writeRow(row, out);
    }
  }

  read(from: BinaryReader): CountState {
    const [count, firings] = [from.uint(), from.uint()];
    const parts = Array.from({ length: from.uint() }, () => ({ time: from.double(), row: readRow(this.selection.width, from) }));
    return { parts, count, firings };
  }
}
