import { Event } from '../event/event.js';
import { FieldLayout } from '../event/field-layout.js';
import { ExpressionTableBuilder, toJsonText } from '../expr/index.js';
import type { Emission, Matcher, MatchOutput } from '../match/matcher.js';
import { createMatcher } from '../match/select.js';
import { compilePattern } from '../nfa/index.js';
import { AbstractStreamOperator, type OneInputStreamOperator, type OperatorContext, type OutputTag } from '../operator/stream-operator.js';
import type { Pattern } from '../pattern/index.js';
import { listState, type MapStateDescriptor, mapState, type ValueStateDescriptor, valueState } from '../state/keyed/descriptors.js';
import {
  type InternalTimer,
  type InternalTimerService,
  type Namespace,
  type Triggerable,
  VOID_NAMESPACE,
} from '../time/internal-timer-service.js';
import { type Element, elementsSerializer, matchesSerializer } from './cep-serializers.js';

/** Step → the elements it took, in order; steps that took none are absent. */
export type MatchedElements<T> = Readonly<Record<string, readonly T[]>>;

export interface PatternFunctions<T, OUT> {
  processMatch(match: MatchedElements<T>, out: (value: OUT) => void): void;
  /** Partial matches that ran out of time; `time` is when, epoch ms. */
  processTimedOutMatch?(match: MatchedElements<T>, time: number): void;
}

export interface CepOperatorOptions<T, OUT> {
  readonly pattern: Pattern;
  readonly functions: (context: OperatorContext<OUT>) => PatternFunctions<T, OUT>;
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
 * A pattern over a keyed stream in event time (Flink's CepOperator): elements wait until the watermark has
 * reached their time and are then matched in order of time, equal times in order of arrival.
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
  #functions!: PatternFunctions<T, OUT>;
  #timers!: InternalTimerService<Namespace>;
  #arrivals = 0;
  #now = 0;

  constructor(private readonly options: CepOperatorOptions<T, OUT>) {
    super();
    const table = new ExpressionTableBuilder(this.#layout);
    const { nfa } = compilePattern(options.pattern, table);
    this.#stepNames = nfa.stepNames;
    this.#matcher = createMatcher(nfa, table.build(), { timeouts: true });
    const revive = ({ element, offset, time }: Element) => new ElementEvent(element as T, this.#layout, offset, time);
    this.#waiting = mapState('cep-waiting', { serializer: elementsSerializer(revive) });
    this.#state = valueState('cep-matches', { serializer: matchesSerializer(this.#matcher, revive) });
  }

  override open(context: OperatorContext<OUT>): void {
    super.open(context);
    this.#timers = this.timerService<Namespace>(this);
    this.#functions = this.options.functions(context);
    // Equal times keep their order of arrival after a restore, too.
    this.#arrivals = Math.max(0, ...this.state.operator.getUnionListState(ARRIVALS).get());
  }

  override snapshotState(): void {
    this.state.operator.getUnionListState(ARRIVALS).update([this.#arrivals]);
  }

  processElement(value: T, timestamp: number | undefined, key?: unknown): void {
    if (timestamp === undefined) throw new TypeError('a pattern needs elements with times: assign timestamps and watermarks');
    if (timestamp <= this.#timers.currentWatermark) return this.#drop(value, timestamp);
    this.keyedState.setCurrentKey(key);
    const event = new ElementEvent(value, this.#layout, this.#arrivals++, timestamp);
    const waiting = this.keyedState.getState(this.#waiting);
    waiting.put(timestamp, [...(waiting.get(timestamp) ?? []), event]);
    this.#timers.registerEventTimeTimer(VOID_NAMESPACE, timestamp);
  }

  /** The time of waiting elements, or a deadline of partial matches. */
  onEventTime({ time }: InternalTimer): void {
    const waiting = this.keyedState.getState(this.#waiting);
    const stored = this.keyedState.getState(this.#state);
    const state = stored.value() ?? this.#matcher.createState();
    this.#now = time;
    this.#matcher.advanceTime(state, time, this);
    for (const event of waiting.get(time) ?? []) this.#matcher.processEvent(state, event, this);
    waiting.remove(time);
    if (this.#matcher.isEmpty(state)) return stored.clear();
    stored.update(state);
    const deadline = this.#matcher.nextDeadline(state);
    if (deadline !== Infinity) this.#timers.registerEventTimeTimer(VOID_NAMESPACE, deadline);
  }

  onProcessingTime(): void {}

  // MatchOutput

  match(match: Emission): void {
    if (match.kind === 'window') return;
    const steps: Record<string, T[]> = {};
    for (const { step, event } of match.path) (steps[this.#stepNames[step]] ??= []).push((event as ElementEvent<T>).element);
    if (match.kind === 'timeout') this.#functions.processTimedOutMatch?.(steps, match.endTime);
    else this.#functions.processMatch(steps, (value) => this.output.collect(value, this.#now));
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
