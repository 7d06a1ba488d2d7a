import { Event } from '../event/event.js';
import { FieldLayout } from '../event/field-layout.js';
import { ExpressionTableBuilder, toJsonText } from '../expr/index.js';
import type { Emission, Matcher, MatchOutput } from '../match/matcher.js';
import { createMatcher } from '../match/select.js';
import { compilePattern } from '../nfa/index.js';
import {
  AbstractStreamOperator,
  type OneInputStreamOperator,
  type OperatorContext,
  type OutputTag,
  type SnapshotContext,
} from '../operator/stream-operator.js';
import type { Pattern } from '../pattern/index.js';
import { listState, type MapStateDescriptor, mapState, type ValueStateDescriptor, valueState } from '../state/keyed/descriptors.js';
import {
  type InternalTimer,
  type InternalTimerService,
  type Namespace,
  type TimeDomain,
  type Triggerable,
  VOID_NAMESPACE,
} from '../time/internal-timer-service.js';
import type { Collector, RuntimeContext } from '../stream/functions/functions.js';
import { initializeFunction, snapshotFunction } from '../stream/operators/checkpointed.js';
import { OperatorRuntimeContext } from '../stream/operators/function-contexts.js';
import { type Element, elementsSerializer, matchesSerializer } from './cep-serializers.js';
import type { PatternContext } from './pattern-functions.js';

/** Step → the elements it took, in order; steps that took none are absent. */
export type MatchedElements<T> = Readonly<Record<string, readonly T[]>>;

/** A PatternProcessFunction, maybe a TimedOutPartialMatchHandler, as the operator calls it. */
export interface CepFunction<T, OUT> {
  open?(context: RuntimeContext): void;
  processMatch(match: MatchedElements<T>, context: PatternContext, out: Collector<OUT>): void;
  processTimedOutMatch?(match: MatchedElements<T>, context: PatternContext): void;
  close?(): void;
}

export interface CepOperatorOptions<T, OUT> {
  readonly pattern: Pattern;
  readonly domain: TimeDomain;
  readonly function: CepFunction<T, OUT>;
  /** Where elements at or below the watermark go; without it they are counted and dropped. */
  readonly lateDataTag?: OutputTag<T>;
}

/** Elements taken so far, by subtask. */
const ARRIVALS = listState<number>('cep-arrivals');

/** An element as conditions see it, which leads back to the element. */
class ElementEvent<T> extends Event {
  constructor(
    readonly element: T,
    layout: FieldLayout,
    offset: number,
    time: number,
    raw: Uint8Array = Buffer.from(toJsonText(element)),
  ) {
    super(layout, 'stream', 0, offset, time, raw, layout.decode(raw));
  }
}

/**
 * A pattern over a keyed stream (Flink's CepOperator). In event time elements wait until the watermark has reached
 * their time and are then matched in order of time, equal times in order of arrival; in processing time they are
 * matched as they come.
 */
export class CepOperator<T, OUT>
  extends AbstractStreamOperator<OUT>
  implements OneInputStreamOperator<T, OUT>, Triggerable<Namespace>, MatchOutput
{
  /** Elements that came too late and went nowhere. */
  lateRecordsDropped = 0;
  /** Conditions that gave an error or no boolean: they count as false. */
  conditionErrors = 0;
  readonly #layout = new FieldLayout();
  readonly #stepNames: readonly string[];
  readonly #matcher: Matcher<unknown>;
  readonly #waiting: MapStateDescriptor<number, readonly ElementEvent<T>[]>;
  readonly #state: ValueStateDescriptor<unknown>;
  #timers!: InternalTimerService<Namespace>;
  #arrivals = 0;
  #now = 0;
  #timestamp = 0;
  readonly #out: Collector<OUT> = (value) => this.output.collect(value, this.#now);
  /** Of the match that is being told. */
  readonly #context: PatternContext = {
    timestamp: () => this.#timestamp,
    currentProcessingTime: () => this.#timers.currentProcessingTime(),
    output: (tag, value) => this.output.collectSide(tag, value, this.#timestamp),
  };

  constructor(private readonly options: CepOperatorOptions<T, OUT>) {
    super();
    const table = new ExpressionTableBuilder(this.#layout);
    const { nfa } = compilePattern(options.pattern, table);
    this.#stepNames = nfa.stepNames;
    this.#matcher = createMatcher(nfa, table.build(), { timeouts: options.function.processTimedOutMatch !== undefined });
    const revive = ({ element, offset, time }: Element) => new ElementEvent(element as T, this.#layout, offset, time);
    this.#waiting = mapState('cep-waiting', { serializer: elementsSerializer(revive) });
    this.#state = valueState('cep-matches', { serializer: matchesSerializer(this.#matcher, revive) });
  }

  override open(context: OperatorContext<OUT>): void {
    super.open(context);
    this.#timers = this.timerService<Namespace>(this);
    const runtimeContext = new OperatorRuntimeContext(this.keyedState, context.subtask, context.parallelism);
    initializeFunction(this.options.function, this.state, runtimeContext);
    this.options.function.open?.(runtimeContext);
    // Equal times keep their order of arrival after a restore, too.
    this.#arrivals = Math.max(0, ...this.state.operator.getUnionListState(ARRIVALS).get());
  }

  override snapshotState(context: SnapshotContext): void {
    snapshotFunction(this.options.function, context);
    this.state.operator.getUnionListState(ARRIVALS).update([this.#arrivals]);
  }

  override close(): void {
    this.options.function.close?.();
  }

  processElement(value: T, timestamp: number | undefined, key?: unknown): void {
    this.keyedState.setCurrentKey(key);
    if (this.options.domain === 'event') return this.#await(value, timestamp);
    const now = this.#timers.currentProcessingTime();
    this.#advance(now, [new ElementEvent(value, this.#layout, this.#arrivals++, now)]);
  }

  #await(value: T, timestamp: number | undefined): void {
    if (timestamp === undefined) throw new TypeError('a pattern needs elements with times: assign timestamps and watermarks');
    if (timestamp <= this.#timers.currentWatermark) return this.#drop(value, timestamp);
    const event = new ElementEvent(value, this.#layout, this.#arrivals++, timestamp);
    const waiting = this.keyedState.getState(this.#waiting);
    waiting.put(timestamp, [...(waiting.get(timestamp) ?? []), event]);
    this.#timers.registerEventTimeTimer(VOID_NAMESPACE, timestamp);
  }

  /** The time of waiting elements, or a deadline of partial matches. */
  onEventTime({ time }: InternalTimer): void {
    const waiting = this.keyedState.getState(this.#waiting);
    const events = waiting.get(time) ?? [];
    waiting.remove(time);
    this.#advance(time, events);
  }

  /** A deadline of partial matches. */
  onProcessingTime({ time }: InternalTimer): void {
    this.#advance(time, []);
  }

  /** Moves the current key's time, then matches what came at that time. */
  #advance(time: number, events: readonly ElementEvent<T>[]): void {
    const stored = this.keyedState.getState(this.#state);
    const state = stored.value() ?? this.#matcher.createState();
    this.#now = time;
    this.#matcher.advanceTime(state, time, this);
    for (const event of events) this.#matcher.processEvent(state, event, this);
    if (this.#matcher.isEmpty(state)) return stored.clear();
    stored.update(state);
    const deadline = this.#matcher.nextDeadline(state);
    if (deadline === Infinity) return;
    if (this.options.domain === 'event') this.#timers.registerEventTimeTimer(VOID_NAMESPACE, deadline);
    else this.#timers.registerProcessingTimeTimer(VOID_NAMESPACE, deadline);
  }

  // MatchOutput

  match(match: Emission): void {
    if (match.kind === 'window') return;
    const steps: Record<string, T[]> = {};
    for (const { step, event } of match.path) (steps[this.#stepNames[step]] ??= []).push((event as ElementEvent<T>).element);
    this.#timestamp = match.kind === 'timeout' ? match.endTime : this.#now;
    if (match.kind === 'timeout') this.options.function.processTimedOutMatch?.(steps, this.#context);
    else this.options.function.processMatch(steps, this.#context, this.#out);
  }

  conditionError(): void {
    this.conditionErrors++;
  }

  limitReached(): void {
    // The matcher is made without limits.
  }

  #drop(value: T, timestamp: number): void {
    if (this.options.lateDataTag === undefined) this.lateRecordsDropped++;
    else this.output.collectSide(this.options.lateDataTag, value, timestamp);
  }
}
