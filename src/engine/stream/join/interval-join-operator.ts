import {
  AbstractStreamOperator,
  type OperatorContext,
  type OutputTag,
  type TwoInputStreamOperator,
} from '../../operator/stream-operator.js';
import { mapState } from '../../state/keyed/descriptors.js';
import type { MapState } from '../../state/keyed/keyed-state.js';
import type { InternalTimer, InternalTimerService, Namespace, Triggerable } from '../../time/internal-timer-service.js';

/** Pairs with left.time + lower <= right.time <= left.time + upper; ms, either may be negative. */
export interface IntervalBounds {
  readonly lower: number;
  readonly upper: number;
  readonly lowerExclusive?: boolean;
  readonly upperExclusive?: boolean;
}

/** The pair that is worked on; epoch ms. */
export interface JoinContext {
  readonly leftTimestamp: number;
  readonly rightTimestamp: number;
  /** The later of the two. */
  readonly timestamp: number;
  output<X>(tag: OutputTag<X>, value: X): void;
}

export interface IntervalJoinOptions<L, R, OUT> {
  readonly bounds: IntervalBounds;
  /** Called for each pair; results have the later of the two times. */
  readonly process: (left: L, right: R, context: JoinContext, out: (value: OUT) => void) => void;
  readonly leftLateDataTag?: OutputTag<L>;
  readonly rightLateDataTag?: OutputTag<R>;
}

/** A side's events of the current key by time. */
type Buffer<T> = MapState<number, readonly T[]>;

const LEFT: Namespace = Object.freeze({ id: 'left' });
const RIGHT: Namespace = Object.freeze({ id: 'right' });

/**
 * Joins two streams by key and distance in time (Flink's IntervalJoinOperator). A pair comes out with its
 * second event. Events below the watermark are late. An event is forgotten when no event in time could
 * still find it. Cost per event: one look at each time at which the other side has events of the key.
 */
export class IntervalJoinOperator<L, R, OUT>
  extends AbstractStreamOperator<OUT>
  implements TwoInputStreamOperator<L, R, OUT>, Triggerable<Namespace>
{
  /** Late events that went nowhere. */
  lateRecordsDropped = 0;
  readonly #lower: number;
  readonly #upper: number;
  readonly #options: IntervalJoinOptions<L, R, OUT>;
  readonly #left = mapState<number, readonly L[]>('left-buffer');
  readonly #right = mapState<number, readonly R[]>('right-buffer');
  #timers!: InternalTimerService<Namespace>;

  /** @throws RangeError when the lower bound is above the upper */
  constructor(options: IntervalJoinOptions<L, R, OUT>) {
    super();
    const { lower, upper, lowerExclusive, upperExclusive } = options.bounds;
    this.#lower = lowerExclusive ? lower + 1 : lower;
    this.#upper = upperExclusive ? upper - 1 : upper;
    if (this.#lower > this.#upper) throw new RangeError(`the lower bound ${this.#lower} ms is above the upper bound ${this.#upper} ms`);
    this.#options = options;
  }

  override open(context: OperatorContext<OUT>): void {
    super.open(context);
    this.#timers = this.timerService<Namespace>(this, (id) => (id === LEFT.id ? LEFT : RIGHT));
  }

  processElement1(left: L, timestamp: number | undefined, key?: unknown): void {
    const time = timeOf(timestamp);
    if (this.#isLate(time)) return this.#drop(this.#options.leftLateDataTag, left, time);
    this.keyedState.setCurrentKey(key);
    add(this.keyedState.getState(this.#left), time, left);
    for (const [rightTime, rights] of this.keyedState.getState(this.#right).entries()) {
      if (rightTime < time + this.#lower || rightTime > time + this.#upper) continue;
      for (const right of rights) this.#emit(left, right, time, rightTime);
    }
    this.#timers.registerEventTimeTimer(LEFT, time + Math.max(this.#upper, 0));
  }

  processElement2(right: R, timestamp: number | undefined, key?: unknown): void {
    const time = timeOf(timestamp);
    if (this.#isLate(time)) return this.#drop(this.#options.rightLateDataTag, right, time);
    this.keyedState.setCurrentKey(key);
    add(this.keyedState.getState(this.#right), time, right);
    for (const [leftTime, lefts] of this.keyedState.getState(this.#left).entries()) {
      if (time < leftTime + this.#lower || time > leftTime + this.#upper) continue;
      for (const left of lefts) this.#emit(left, right, leftTime, time);
    }
    this.#timers.registerEventTimeTimer(RIGHT, time + Math.max(-this.#lower, 0));
  }

  onEventTime({ time, namespace }: InternalTimer<Namespace>): void {
    if (namespace === LEFT) this.keyedState.getState(this.#left).remove(time - Math.max(this.#upper, 0));
    else this.keyedState.getState(this.#right).remove(time - Math.max(-this.#lower, 0));
  }

  onProcessingTime(): void {}

  #isLate(time: number): boolean {
    return time < this.#timers.currentWatermark;
  }

  #drop<T>(tag: OutputTag<T> | undefined, value: T, time: number): void {
    if (tag === undefined) this.lateRecordsDropped++;
    else this.output.collectSide(tag, value, time);
  }

  #emit(left: L, right: R, leftTimestamp: number, rightTimestamp: number): void {
    const timestamp = Math.max(leftTimestamp, rightTimestamp);
    const output: JoinContext['output'] = (tag, value) => this.output.collectSide(tag, value, timestamp);
    const context = { leftTimestamp, rightTimestamp, timestamp, output };
    this.#options.process(left, right, context, (value) => this.output.collect(value, timestamp));
  }
}

function timeOf(timestamp: number | undefined): number {
  if (timestamp === undefined) throw new TypeError('an interval join needs events with times: assign timestamps and watermarks');
  return timestamp;
}

function add<T>(buffer: Buffer<T>, time: number, value: T): void {
  buffer.put(time, [...(buffer.get(time) ?? []), value]);
}
