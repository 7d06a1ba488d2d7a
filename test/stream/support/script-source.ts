import type { SourceReader, SourceRecord, SourceSplit } from 'tripline';

/** What a source does next: gives a batch, waits for a checkpoint to be complete, or for anything, or fails once. */
export type Step<T> = readonly T[] | 'checkpoint' | (() => Promise<unknown>) | { readonly failOnce: string };

/** One for all executions of a program, so that it knows what has failed already. */
export class Script<T> {
  readonly #failed = new Set<number>();
  #completed = 0;
  #onComplete: () => void = () => {};

  constructor(private readonly steps: readonly Step<T>[]) {}

  reader = (): SourceReader<T> => {
    let next = 0;
    return {
      open: async (_subtask, _parallelism, splits) => {
        next = (splits?.[0]?.position as number | undefined) ?? 0;
      },
      poll: async (): Promise<readonly SourceRecord<T>[] | undefined> => {
        for (; next < this.steps.length; next++) {
          const step = this.steps[next];
          if (Array.isArray(step)) {
            next++;
            return (step as readonly T[]).map((value) => ({ value }));
          }
          await this.#do(step as Exclude<Step<T>, readonly T[]>, next);
        }
        return undefined;
      },
      snapshotState: (): readonly SourceSplit[] => [{ splitId: 'script', position: next }],
      notifyCheckpointComplete: async () => {
        this.#completed++;
        this.#onComplete();
      },
    };
  };

  async #do(step: Exclude<Step<T>, readonly T[]>, at: number): Promise<void> {
    if (typeof step === 'function') return void (await step());
    if (step === 'checkpoint') return this.#nextCheckpoint();
    if (this.#failed.has(at)) return;
    this.#failed.add(at);
    throw new Error(step.failOnce);
  }

  /** One that began after now: the second that completes. */
  async #nextCheckpoint(): Promise<void> {
    const until = this.#completed + 2;
    while (this.#completed < until) await new Promise<void>((resolve) => (this.#onComplete = resolve));
  }
}
