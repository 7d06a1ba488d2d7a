import { AbstractStreamOperator, type OneInputStreamOperator, type OperatorContext, type OutputTag } from '../operator/stream-operator.js';
import { type ValueStateDescriptor, valueState } from '../state/keyed/descriptors.js';
import type { InternalTimer, InternalTimerService, Triggerable } from '../time/internal-timer-service.js';
import { isMerging, type WindowAssigner } from './assigners/window-assigner.js';
import { MergingWindowSet, windowPairsSerializer } from './merging-window-set.js';
import { FunctionContext, WindowTriggerContext } from './operator-contexts.js';
import { isFire, isPurge, type Trigger, type TriggerResult } from './triggers/trigger.js';
import type { WindowContents } from './window-contents.js';
import type { WindowFunction } from './window-functions.js';
import { type Window, windowOfId } from './window.js';

export interface WindowOperatorOptions<IN, CONTENTS, OUT, W extends Window> {
  readonly assigner: WindowAssigner<IN, W>;
  /** The assigner's own by default. */
  readonly trigger?: Trigger<IN, W>;
  readonly contents: WindowContents<IN, CONTENTS, W>;
  readonly function: WindowFunction<CONTENTS, OUT, W>;
  /** How long after its end a window takes late events, ms of event time. */
  readonly allowedLateness?: number;
  /** Where events go that came too late for all their windows; without it they are counted and dropped. */
  readonly lateDataTag?: OutputTag<IN>;
}

/**
 * Windows of a keyed stream (Flink's WindowOperator and EvictingWindowOperator): the assigner says which
 * windows an event joins, the trigger when a window gives its result; a window is gone when time has
 * passed its end and the allowed lateness. Cost per event: one state access for each window it joins.
 */
export class WindowOperator<IN, CONTENTS, OUT, W extends Window>
  extends AbstractStreamOperator<OUT>
  implements OneInputStreamOperator<IN, OUT>, Triggerable<W>
{
  /** Events that were too late for every window and went nowhere. */
  lateRecordsDropped = 0;
  readonly #assigner: WindowAssigner<IN, W>;
  readonly #trigger: Trigger<IN, W>;
  readonly #contents: WindowContents<IN, CONTENTS, W>;
  readonly #function: WindowFunction<CONTENTS, OUT, W>;
  readonly #allowedLateness: number;
  readonly #lateDataTag: OutputTag<IN> | undefined;
  readonly #windowOfId: (id: string) => W;
  readonly #mergingWindowSet: ValueStateDescriptor<readonly (readonly [W, W])[]>;
  #timers!: InternalTimerService<W>;
  #triggerContext!: WindowTriggerContext<W>;

  constructor(options: WindowOperatorOptions<IN, CONTENTS, OUT, W>) {
    super();
    this.#assigner = options.assigner;
    this.#trigger = options.trigger ?? options.assigner.getDefaultTrigger();
    this.#contents = options.contents;
    this.#function = options.function;
    this.#allowedLateness = options.allowedLateness ?? 0;
    this.#lateDataTag = options.lateDataTag;
    this.#windowOfId = (id) => this.#assigner.windowOfId?.(id) ?? (windowOfId(id) as W);
    this.#mergingWindowSet = valueState('merging-window-set', { serializer: windowPairsSerializer(this.#windowOfId) });
    if (isMerging(this.#assigner) && this.#trigger.onMerge === undefined) {
      throw new TypeError('a merging window assigner needs a trigger that can merge');
    }
  }

  override open(context: OperatorContext<OUT>): void {
    super.open(context);
    this.#timers = this.timerService<W>(this, this.#windowOfId);
    this.#triggerContext = new WindowTriggerContext(this.keyedState, this.#timers);
    this.#function.open?.(context, this.keyedState);
  }

  override close(): void {
    this.#function.close?.();
  }

  processElement(value: IN, timestamp: number | undefined, key?: unknown): void {
    this.keyedState.setCurrentKey(key);
    const windows = this.#assigner.assignWindows(value, timestamp ?? -Infinity, this.#timers);
    const joined = isMerging(this.#assigner) ? this.#joinMerging(windows, value, timestamp) : this.#join(windows, value, timestamp);
    if (!joined && this.#isElementLate(timestamp ?? -Infinity)) this.#drop(value, timestamp);
  }

  onEventTime(timer: InternalTimer<W>): void {
    this.#onTimer(timer, true);
  }

  onProcessingTime(timer: InternalTimer<W>): void {
    this.#onTimer(timer, false);
  }

  #join(windows: readonly W[], value: IN, timestamp: number | undefined): boolean {
    let joined = false;
    for (const window of windows) {
      if (this.#isWindowLate(window)) continue;
      joined = true;
      this.#addTo(window, window, value, timestamp);
    }
    return joined;
  }

  #joinMerging(windows: readonly W[], value: IN, timestamp: number | undefined): boolean {
    const set = this.#mergingWindows();
    let joined = false;
    for (const window of windows) {
      const actual = set.add(window, ({ union, parts, stateWindow, mergedStateWindows }) => {
        this.#merge(union, parts, stateWindow, mergedStateWindows);
      });
      if (this.#isWindowLate(actual)) {
        set.retire(actual);
        continue;
      }
      joined = true;
      this.#addTo(actual, set.stateWindowOf(actual) as W, value, timestamp);
    }
    this.#persist(set);
    return joined;
  }

  #merge(union: W, parts: readonly W[], stateWindow: W, mergedStateWindows: readonly W[]): void {
    const context = this.#triggerContext;
    this.#trigger.onMerge?.(union, context.at(union, parts));
    for (const part of parts) {
      this.#trigger.clear(part, context.at(part));
      this.#deleteCleanupTimer(part);
    }
    this.#contents.merge(this.keyedState, stateWindow, mergedStateWindows);
  }

  #addTo(window: W, stateWindow: W, value: IN, timestamp: number | undefined): void {
    this.#contents.add(this.keyedState, stateWindow, value, timestamp);
    const result = this.#trigger.onElement(value, timestamp ?? -Infinity, window, this.#triggerContext.at(window));
    this.#react(result, window, stateWindow);
    this.#registerCleanupTimer(window);
  }

  #onTimer({ time, namespace: window }: InternalTimer<W>, isEventTime: boolean): void {
    const set = isMerging(this.#assigner) ? this.#mergingWindows() : undefined;
    const stateWindow = set === undefined ? window : set.stateWindowOf(window);
    // A timer that was left behind: the window has been merged into another.
    if (stateWindow === undefined) return;
    const context = this.#triggerContext.at(window);
    const result = isEventTime ? this.#trigger.onEventTime(time, window, context) : this.#trigger.onProcessingTime(time, window, context);
    this.#react(result, window, stateWindow);
    if (isEventTime === this.#assigner.isEventTime && time === this.#cleanupTime(window)) this.#clearAll(window, stateWindow, set);
  }

  #react(result: TriggerResult, window: W, stateWindow: W): void {
    if (isFire(result)) this.#fire(window, stateWindow);
    if (isPurge(result)) this.#contents.clear(this.keyedState, stateWindow);
  }

  #fire(window: W, stateWindow: W): void {
    const key = this.keyedState.currentKey;
    const timestamp = window.maxTimestamp;
    this.#contents.fire(this.keyedState, stateWindow, window, (contents) => {
      this.#function.process(key, this.#functionContext(window), contents, (value) => this.output.collect(value, timestamp));
    });
  }

  #clearAll(window: W, stateWindow: W, set: MergingWindowSet<W> | undefined): void {
    this.#contents.clear(this.keyedState, stateWindow);
    this.#trigger.clear(window, this.#triggerContext.at(window));
    this.#function.clear?.(this.#functionContext(window));
    if (set === undefined) return;
    set.retire(window);
    this.#persist(set);
  }

  #functionContext(window: W): FunctionContext<W> {
    return new FunctionContext(window, this.keyedState, this.#timers, this.output);
  }

  #mergingWindows(): MergingWindowSet<W> {
    return new MergingWindowSet(this.#assigner as never, this.keyedState.getState(this.#mergingWindowSet).value());
  }

  #persist(set: MergingWindowSet<W>): void {
    const state = this.keyedState.getState(this.#mergingWindowSet);
    const entries = set.entries();
    if (entries.length === 0) state.clear();
    else state.update(entries);
  }

  #cleanupTime(window: W): number {
    return this.#assigner.isEventTime ? window.maxTimestamp + this.#allowedLateness : window.maxTimestamp;
  }

  #isWindowLate(window: W): boolean {
    return this.#assigner.isEventTime && this.#cleanupTime(window) <= this.#timers.currentWatermark;
  }

  #isElementLate(timestamp: number): boolean {
    return this.#assigner.isEventTime && timestamp + this.#allowedLateness <= this.#timers.currentWatermark;
  }

  #drop(value: IN, timestamp: number | undefined): void {
    if (this.#lateDataTag === undefined) this.lateRecordsDropped++;
    else this.output.collectSide(this.#lateDataTag, value, timestamp);
  }

  #registerCleanupTimer(window: W): void {
    const time = this.#cleanupTime(window);
    // Global windows are never gone.
    if (time === Infinity) return;
    if (this.#assigner.isEventTime) this.#timers.registerEventTimeTimer(window, time);
    else this.#timers.registerProcessingTimeTimer(window, time);
  }

  #deleteCleanupTimer(window: W): void {
    const time = this.#cleanupTime(window);
    if (this.#assigner.isEventTime) this.#timers.deleteEventTimeTimer(window, time);
    else this.#timers.deleteProcessingTimeTimer(window, time);
  }
}
