import type { Event } from '../../event/event.js';
import { type CompiledExpression, ListView } from '../../expr/index.js';
import type { EventTable, Matcher, MatchOutput, OpenMatch, StateRepresentation } from '../../match/matcher.js';
import type { BinaryReader, BinaryWriter } from '../../state/binary.js';
import type { Row, Selection } from '../select/selection.js';

/** A rule's compiled `select` and `having`. */
export interface WindowFunctions {
  readonly selection: Selection;
  readonly having?: { readonly number: number; readonly evaluate: CompiledExpression };
}

/**
 * The windows of one key as a rule of the service has them: events come in order of time, so a window is
 * complete when time reaches its end, gives one result, and no event is late for it. The key's time moves
 * to each deadline exactly, so a session ends with its gap whether or not another event comes then.
 */
export abstract class WindowMatcher<S> implements Matcher<S> {
  protected readonly selection: Selection;
  readonly #total: Row;
  /** `window` and the selected values, as `having` reads them. Reused: most windows end here. */
  readonly #values: unknown[] = [];
  readonly #bounds = { start: 0, end: 0 };
  readonly #view = new ListView(() => [], this.#values);

  constructor(private readonly functions: WindowFunctions) {
    this.selection = functions.selection;
    this.#total = functions.selection.createAccumulator();
  }

  abstract readonly representation: StateRepresentation;
  readonly stateVersion = 1;

  abstract createState(): S;
  abstract isEmpty(state: S): boolean;
  abstract advanceTime(state: S, time: number, out: MatchOutput): void;
  abstract processEvent(state: S, event: Event, out: MatchOutput): void;
  abstract nextDeadline(state: S): number;
  abstract write(state: S, out: BinaryWriter, events: EventTable): void;
  abstract read(from: BinaryReader, events: readonly Event[], version: number): S;
  /** How many windows of the key are open. */
  protected abstract openWindows(state: S): number;

  begin(event: Event, out: MatchOutput): S {
    const state = this.createState();
    this.processEvent(state, event, out);
    return state;
  }

  /** Windows keep numbers, no events. */
  keptEvents(): number {
    return 0;
  }

  describe(state: S): readonly OpenMatch[] {
    const deadline = this.nextDeadline(state);
    return Array.from({ length: this.openWindows(state) }, () => ({ waitingFor: 'the end of the window', path: [], deadline }));
  }

  /** A row for adding up, the same at every call. */
  protected total(): Row {
    return this.selection.reset(this.#total);
  }

  /** Gives the result of the window from `start` to before `end` (epoch ms) if `having` holds for it. */
  protected emitWindow(row: readonly number[], start: number, end: number, out: MatchOutput): void {
    const bounds = this.#bounds;
    bounds.start = start;
    bounds.end = end;
    if (!this.#holds(row, bounds, out)) return;
    const values = this.selection.getResult(row);
    out.match({ kind: 'window', window: { start, end }, values, firing: 1, startTime: start, endTime: end });
  }

  /** Gives the result of a window without times if `having` holds for it; the times are of its events. */
  protected emitCount(row: readonly number[], firing: number, startTime: number, endTime: number, out: MatchOutput): void {
    if (this.#holds(row, null, out)) out.match({ kind: 'window', values: this.selection.getResult(row), firing, startTime, endTime });
  }

  #holds(row: readonly number[], window: { readonly start: number; readonly end: number } | null, out: MatchOutput): boolean {
    const { having } = this.functions;
    if (having === undefined) return true;
    this.#values[0] = window;
    this.selection.resultsInto(row, this.#values, 1);
    const verdict = having.evaluate(null, this.#view);
    if (typeof verdict !== 'boolean') out.conditionError(having.number, verdict);
    return verdict === true;
  }
}

export function writeRow(row: readonly number[], out: BinaryWriter): void {
  for (const value of row) out.double(value);
}

export function readRow(width: number, from: BinaryReader): Row {
  return Array.from({ length: width }, () => from.double());
}
