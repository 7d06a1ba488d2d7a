import { BinaryHeap } from './binary-heap.js';
import type { ProcessingTimeService, ScheduledCallback } from './processing-time-service.js';
import { MIN_WATERMARK } from './watermark.js';

/** What state and timers of a key are kept apart by: a window, or nothing. */
export interface Namespace {
  /** Equal exactly for equal namespaces. */
  readonly id: string;
}

export const VOID_NAMESPACE: Namespace = Object.freeze({ id: '' });

/** Whose turn it is: set before a timer fires (implemented by the keyed state). */
export interface KeyContext {
  readonly currentKey: unknown;
  /** Typed identity of the current key. */
  readonly currentKeyId: string;
  setCurrentKey(key: unknown): void;
}

export type TimeDomain = 'event' | 'processing';

export interface InternalTimer<N extends Namespace = Namespace> {
  readonly time: number;
  readonly key: unknown;
  readonly keyId: string;
  readonly namespace: N;
  /** Its identity in a TimerSet, which keeps it here. */
  id?: string;
}

/** Whom the timers belong to; the current key is set when it is called. */
export interface Triggerable<N extends Namespace> {
  onEventTime(timer: InternalTimer<N>): void;
  onProcessingTime(timer: InternalTimer<N>): void;
}

/** The timers that hold, each key, namespace and time once. Those of a snapshot are in it from the start. */
export interface TimerSet {
  has(timer: InternalTimer): boolean;
  /** False when it was there already. */
  add(timer: InternalTimer): boolean;
  delete(timer: InternalTimer): void;
  all(): Iterable<InternalTimer>;
}

class MemoryTimerSet implements TimerSet {
  readonly #timers = new Map<string, InternalTimer>();

  has(timer: InternalTimer): boolean {
    return this.#timers.has(identity(timer));
  }

  add(timer: InternalTimer): boolean {
    const id = identity(timer);
    if (this.#timers.has(id)) return false;
    this.#timers.set(id, timer);
    return true;
  }

  delete(timer: InternalTimer): void {
    this.#timers.delete(identity(timer));
  }

  all(): Iterable<InternalTimer> {
    return this.#timers.values();
  }
}

/** One domain's timers in order of time, equal times by key. */
class TimerQueue<N extends Namespace> {
  readonly #heap = new BinaryHeap<InternalTimer<N>>(
    (a, b) => a.time < b.time || (a.time === b.time && (a.keyId < b.keyId || (a.keyId === b.keyId && a.namespace.id < b.namespace.id))),
  );

  /** @param live one that was deleted from it stays in the heap until its turn */
  constructor(
    private readonly live: TimerSet,
    namespaceOf: (id: string) => N,
  ) {
    for (const timer of live.all()) this.#heap.add({ ...timer, namespace: namespaceOf(timer.namespace.id) });
  }

  /** False when it was there already. */
  add(timer: InternalTimer<N>): boolean {
    if (!this.live.add(timer)) return false;
    this.#heap.add(timer);
    return true;
  }

  delete(timer: InternalTimer<N>): void {
    this.live.delete(timer);
  }

  peek(): InternalTimer<N> | undefined {
    for (let head = this.#heap.peek(); head !== undefined; head = this.#heap.peek()) {
      if (this.live.has(head)) return head;
      this.#heap.take();
    }
    return undefined;
  }

  take(): void {
    this.live.delete(this.#heap.take() as InternalTimer<N>);
  }
}

function identity(timer: InternalTimer): string {
  return (timer.id ??= `${timer.time}|${timer.namespace.id}|${timer.keyId}`);
}

export interface TimerServiceOptions<N extends Namespace> {
  readonly event?: TimerSet;
  readonly processing?: TimerSet;
  /** The namespace of an id, for timers of a snapshot. */
  readonly namespaceOf?: (id: string) => N;
  /** That of the snapshot, epoch ms. */
  readonly watermark?: number;
}

/**
 * The event- and processing-time timers of a keyed operator (Flink's InternalTimerServiceImpl). A firing
 * sees the new watermark; what it registers at or below it fires under the same watermark.
 */
export class InternalTimerService<N extends Namespace = Namespace> {
  readonly #eventTimers: TimerQueue<N>;
  readonly #processingTimers: TimerQueue<N>;
  #watermark: number;
  #scheduled: { readonly time: number; readonly handle: ScheduledCallback } | undefined;

  constructor(
    private readonly keys: KeyContext,
    private readonly clock: ProcessingTimeService,
    private readonly target: Triggerable<N>,
    options: TimerServiceOptions<N> = {},
  ) {
    const { event, processing, namespaceOf = () => VOID_NAMESPACE as N, watermark = MIN_WATERMARK } = options;
    this.#eventTimers = new TimerQueue(event ?? new MemoryTimerSet(), namespaceOf);
    this.#processingTimers = new TimerQueue(processing ?? new MemoryTimerSet(), namespaceOf);
    this.#watermark = watermark;
    this.#schedule();
  }

  /** Epoch ms; MIN_WATERMARK before the first. */
  get currentWatermark(): number {
    return this.#watermark;
  }

  currentProcessingTime(): number {
    return this.clock.currentProcessingTime();
  }

  /** For the current key; one at or below the watermark fires with the next higher one. */
  registerEventTimeTimer(namespace: N, time: number): void {
    this.#eventTimers.add(this.#timer(namespace, time));
  }

  deleteEventTimeTimer(namespace: N, time: number): void {
    this.#eventTimers.delete(this.#timer(namespace, time));
  }

  registerProcessingTimeTimer(namespace: N, time: number): void {
    if (this.#processingTimers.add(this.#timer(namespace, time))) this.#schedule();
  }

  deleteProcessingTimeTimer(namespace: N, time: number): void {
    this.#processingTimers.delete(this.#timer(namespace, time));
  }

  /** A watermark that is not higher than the last has no effect. */
  advanceWatermark(time: number): void {
    if (time <= this.#watermark) return;
    this.#watermark = time;
    this.#fire(this.#eventTimers, time, (timer) => this.target.onEventTime(timer));
  }

  #timer(namespace: N, time: number): InternalTimer<N> {
    return { time, key: this.keys.currentKey, keyId: this.keys.currentKeyId, namespace, id: undefined };
  }

  #fire(queue: TimerQueue<N>, upTo: number, trigger: (timer: InternalTimer<N>) => void): void {
    for (let timer = queue.peek(); timer !== undefined && timer.time <= upTo; timer = queue.peek()) {
      queue.take();
      this.keys.setCurrentKey(timer.key);
      trigger(timer);
    }
  }

  /** One call of the clock stands for all timers: that of the earliest. */
  #schedule(): void {
    const head = this.#processingTimers.peek();
    if (head === undefined || (this.#scheduled !== undefined && this.#scheduled.time <= head.time)) return;
    this.#scheduled?.handle.cancel();
    this.#scheduled = { time: head.time, handle: this.clock.registerTimer(head.time, (time) => this.#onProcessingTime(time)) };
  }

  #onProcessingTime(time: number): void {
    this.#scheduled = undefined;
    this.#fire(this.#processingTimers, time, (timer) => this.target.onProcessingTime(timer));
    this.#schedule();
  }
}
