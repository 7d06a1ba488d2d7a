import type { Event } from '../../event/event.js';
import type { MatchOutput } from '../../match/matcher.js';
import type { BinaryReader, BinaryWriter } from '../../state/binary.js';
import type { Row } from '../select/selection.js';
import { readRow, type WindowFunctions, WindowMatcher, writeRow } from './window-state.js';

export interface SessionState {
  open: { readonly start: number; end: number; readonly row: Row } | undefined;
}

/** Sessions: in order of time a key has one at most, which every event draws out. */
export class SessionMatcher extends WindowMatcher<SessionState> {
  readonly representation = 'session';
  /** @param gap ms */
  constructor(
    private readonly gap: number,
    functions: WindowFunctions,
  ) {
    super(functions);
  }

  createState(): SessionState {
    return { open: undefined };
  }

  isEmpty({ open }: SessionState): boolean {
    return open === undefined;
  }

  processEvent(state: SessionState, event: Event, out: MatchOutput): void {
    state.open ??= { start: event.time, end: event.time, row: this.selection.createAccumulator() };
    state.open.end = event.time + this.gap;
    this.selection.add(event, state.open.row, out);
  }

  nextDeadline({ open }: SessionState): number {
    return open?.end ?? Infinity;
  }

  advanceTime(state: SessionState, time: number, out: MatchOutput): void {
    const { open } = state;
    if (open === undefined || open.end > time) return;
    state.open = undefined;
    this.emitWindow(open.row, open.start, open.end, out);
  }

  protected openWindows({ open }: SessionState): number {
    return open === undefined ? 0 : 1;
  }

  write({ open }: SessionState, out: BinaryWriter): void {
    out.boolean(open !== undefined);
    if (open === undefined) return;
    out.double(open.start);
    out.double(open.end);
    writeRow(open.row, out);
  }

  read(from: BinaryReader): SessionState {
    if (!from.boolean()) return { open: undefined };
    return { open: { start: from.double(), end: from.double(), row: readRow(this.selection.width, from) } };
  }
}
