import type { RuntimeContext } from '../functions/functions.js';

/** Asks something outside of the program about each element (Flink's AsyncFunction). */
export interface AsyncFunction<IN, OUT> {
  /**
   * @param signal aborted when the answer no longer counts: after a timeout, and when the program ends
   * @returns any number of results; a rejection fails the program unless it is tried again
   */
  asyncInvoke(input: IN, signal: AbortSignal): Promise<readonly OUT[]>;
  /** What comes instead of an answer that took too long; without it the program fails with an AsyncTimeoutError. */
  timeout?(input: IN): readonly OUT[];
  open?(context: RuntimeContext): void;
  close?(): void;
}

/** When and how an element is asked about again (Flink's AsyncRetryStrategy). */
export interface AsyncRetryStrategy<OUT = unknown> {
  /** @param attempt that has just been made, from 1 */
  canRetry(attempt: number): boolean;
  /** ms before the next one. */
  backoff(attempt: number): number;
  /** Without either, errors are tried again and results are not. */
  readonly ifResult?: (results: readonly OUT[]) => boolean;
  readonly ifException?: (error: unknown) => boolean;
}

interface Predicates<OUT> {
  readonly ifResult?: (results: readonly OUT[]) => boolean;
  readonly ifException?: (error: unknown) => boolean;
}

export const AsyncRetryStrategies = {
  /** @param maxAttempts the first one included @param backoff ms */
  fixedDelay<OUT>(maxAttempts: number, backoff: number, predicates: Predicates<OUT> = {}): AsyncRetryStrategy<OUT> {
    return { canRetry: (attempt) => attempt < maxAttempts, backoff: () => backoff, ...predicates };
  },

  /** @param initialDelay ms @param maxDelay ms */
  exponentialBackoff<OUT>(
    maxAttempts: number,
    initialDelay: number,
    maxDelay: number,
    multiplier: number,
    predicates: Predicates<OUT> = {},
  ): AsyncRetryStrategy<OUT> {
    const backoff = (attempt: number): number => Math.min(initialDelay * multiplier ** (attempt - 1), maxDelay);
    return { canRetry: (attempt) => attempt < maxAttempts, backoff, ...predicates };
  },
};

/** An answer took longer than the operator's timeout. */
export class AsyncTimeoutError extends Error {
  constructor(timeout: number) {
    super(`an asynchronous function gave no result within ${timeout} ms`);
    this.name = 'AsyncTimeoutError';
  }
}
