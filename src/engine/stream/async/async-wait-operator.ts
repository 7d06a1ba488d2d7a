import {
  AbstractStreamOperator,
  type MailboxExecutor,
  type OneInputStreamOperator,
  type OperatorContext,
} from '../../operator/stream-operator.js';
import { listState } from '../../state/keyed/descriptors.js';
import type { ListState } from '../../state/keyed/keyed-state.js';
import type { ScheduledCallback } from '../../time/processing-time-service.js';
import type { WatermarkStatus } from '../../time/watermark.js';
import { OperatorRuntimeContext } from '../operators/function-contexts.js';
import { type AsyncFunction, type AsyncRetryStrategy, AsyncTimeoutError } from './async-function.js';
import { OrderedResultQueue, type PendingElement, type ResultOutput, type ResultQueue, UnorderedResultQueue } from './result-queues.js';

export interface AsyncWaitOptions<OUT = unknown> {
  /** Whether results come in the order of the elements. */
  readonly ordered: boolean;
  /** For an element, all its attempts together, ms; 0: none. */
  readonly timeout: number;
  /** Elements that are asked about at once. */
  readonly capacity: number;
  readonly retryStrategy?: AsyncRetryStrategy<OUT>;
}

/** An element of a checkpoint that had no results yet, or whose results had not come out. */
interface StoredElement<IN> {
  readonly value: IN;
  readonly timestamp: number | undefined;
}

/** An element being asked about. */
interface Request<IN, OUT> {
  readonly element: PendingElement<IN, OUT>;
  readonly aborter: AbortController;
  /** Of the timeout, and of the next attempt. */
  readonly timers: Set<ScheduledCallback>;
}

/**
 * Awaits an answer for each element while others follow (Flink's AsyncWaitOperator). Watermarks keep their place among
 * elements. Elements beyond the capacity wait here; whoever runs the operator gives it no more before `available`
 * resolves. A checkpoint holds the elements whose results are not out: after a restore they are asked about again.
 */
export class AsyncWaitOperator<IN, OUT>
  extends AbstractStreamOperator<OUT>
  implements OneInputStreamOperator<IN, OUT>, ResultOutput<IN, OUT>
{
  readonly #queue: ResultQueue<IN, OUT>;
  readonly #waiting: PendingElement<IN, OUT>[] = [];
  readonly #requests = new Set<Request<IN, OUT>>();
  #mailbox: MailboxExecutor = (call) => call();
  #closed = false;
  #stored!: ListState<StoredElement<IN>>;
  #changed: { readonly promise: Promise<void>; readonly resolve: () => void } = signal();

  constructor(
    private readonly fn: AsyncFunction<IN, OUT>,
    private readonly options: AsyncWaitOptions<OUT>,
  ) {
    super();
    if (!(options.capacity >= 1)) throw new RangeError(`the capacity of an asynchronous operator must be at least 1: ${options.capacity}`);
    this.#queue = options.ordered ? new OrderedResultQueue<IN, OUT>(this) : new UnorderedResultQueue<IN, OUT>(this);
  }

  override open(context: OperatorContext<OUT>): void {
    super.open(context);
    if (context.mailbox !== undefined) this.#mailbox = context.mailbox;
    this.fn.open?.(new OperatorRuntimeContext(this.keyedState, context.subtask, context.parallelism));
    this.#stored = this.state.operator.getListState(listState<StoredElement<IN>>('async-wait-operator-state'));
    for (const { value, timestamp } of this.#stored.get()) this.processElement(value, timestamp);
  }

  processElement(value: IN, timestamp: number | undefined): void {
    const element: PendingElement<IN, OUT> = { value, timestamp };
    this.#queue.add(element);
    if (this.#requests.size < this.options.capacity) this.#begin(element);
    else this.#waiting.push(element);
  }

  override processWatermark(time: number): void {
    this.#queue.addBoundary({ watermark: time });
  }

  override processWatermarkStatus(status: WatermarkStatus): void {
    this.#queue.addBoundary({ status });
  }

  override snapshotState(): void {
    this.#stored.update(this.#queue.elements().map(({ value, timestamp }) => ({ value, timestamp })));
  }

  /** Resolves when no element waits for the capacity. */
  async available(): Promise<void> {
    while (!this.#closed && this.#waiting.length > 0) await this.#changed.promise;
  }

  /** Resolves when all results are out. */
  async drained(): Promise<void> {
    while (!this.#closed && !this.#queue.isEmpty()) await this.#changed.promise;
  }

  override close(): void {
    this.#closed = true;
    for (const request of this.#requests) this.#end(request);
    this.#waiting.length = 0;
    this.#changed.resolve();
    this.fn.close?.();
  }

  // ResultOutput

  emit({ results = [], timestamp }: PendingElement<IN, OUT>): void {
    for (const result of results) this.output.collect(result, timestamp);
  }

  pass(boundary: { readonly watermark: number } | { readonly status: WatermarkStatus }): void {
    if ('watermark' in boundary) super.processWatermark(boundary.watermark);
    else super.processWatermarkStatus(boundary.status);
  }

  // one element

  #begin(element: PendingElement<IN, OUT>): void {
    const request = { element, aborter: new AbortController(), timers: new Set<ScheduledCallback>() };
    this.#requests.add(request);
    if (this.options.timeout > 0) this.#after(this.options.timeout, request, () => this.#timedOut(request));
    this.#attempt(request, 1);
  }

  #attempt(request: Request<IN, OUT>, attempt: number): void {
    const settle = (then: () => void): void => {
      this.#mailbox(() => {
        if (this.#requests.has(request)) then();
      });
    };
    this.#invoke(request).then(
      (results) => settle(() => this.#answered(request, results, attempt)),
      (error: unknown) => settle(() => this.#failed(request, error, attempt)),
    );
  }

  /** What it throws at once counts as a rejection. */
  async #invoke({ element, aborter }: Request<IN, OUT>): Promise<readonly OUT[]> {
    return this.fn.asyncInvoke(element.value, aborter.signal);
  }

  #answered(request: Request<IN, OUT>, results: readonly OUT[], attempt: number): void {
    const { retryStrategy } = this.options;
    if (retryStrategy?.ifResult?.(results) === true && retryStrategy.canRetry(attempt)) this.#retry(request, attempt, retryStrategy);
    else this.#complete(request, results);
  }

  #failed(request: Request<IN, OUT>, error: unknown, attempt: number): void {
    const { retryStrategy } = this.options;
    if (retryStrategy !== undefined && isRetriable(retryStrategy, error) && retryStrategy.canRetry(attempt))
      return this.#retry(request, attempt, retryStrategy);
    throw error;
  }

  #retry(request: Request<IN, OUT>, attempt: number, strategy: AsyncRetryStrategy<OUT>): void {
    this.#after(strategy.backoff(attempt), request, () => this.#attempt(request, attempt + 1));
  }

  #timedOut(request: Request<IN, OUT>): void {
    if (this.fn.timeout === undefined) throw new AsyncTimeoutError(this.options.timeout);
    this.#complete(request, this.fn.timeout(request.element.value));
  }

  #complete(request: Request<IN, OUT>, results: readonly OUT[]): void {
    this.#end(request);
    request.element.results = results;
    this.#queue.completed(request.element);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#begin(next);
    const { resolve } = this.#changed;
    this.#changed = signal();
    resolve();
  }

  #end(request: Request<IN, OUT>): void {
    this.#requests.delete(request);
    for (const timer of request.timers) timer.cancel();
    request.aborter.abort();
  }

  #after(ms: number, request: Request<IN, OUT>, call: () => void): void {
    const { processingTime } = this.context;
    const timer = processingTime.registerTimer(processingTime.currentProcessingTime() + ms, () => {
      request.timers.delete(timer);
      call();
    });
    request.timers.add(timer);
  }
}

function isRetriable<OUT>({ ifResult, ifException }: AsyncRetryStrategy<OUT>, error: unknown): boolean {
  return ifException === undefined ? ifResult === undefined : ifException(error);
}

function signal(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
