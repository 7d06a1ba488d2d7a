import type { SinkWriter } from '../../engine/stream/functions/sink.js';
import type { SinkOperator } from '../../engine/stream/operators/sink-operator.js';
import type { Subtask } from './subtask.js';

/** What a writer gives at a checkpoint. */
export interface PreparedWrite {
  readonly committables: readonly unknown[];
  readonly state: readonly unknown[];
}

/** Drives the writer of one subtask of a sink: one call at a time. */
export class SinkTask {
  readonly #writer: SinkWriter<unknown>;
  /** The last call. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly subtask: Subtask,
    private readonly operator: SinkOperator<unknown>,
  ) {
    this.#writer = operator.writer;
  }

  async open(restoredState: readonly unknown[], restoredCheckpointId: number | undefined): Promise<void> {
    const { index, node } = this.subtask;
    await this.#writer.open?.({ subtask: index, parallelism: node.parallelism, restoredCheckpointId, restoredState });
  }

  flush(endOfInput = false): Promise<void> {
    return this.#next(async () => this.#writer.flush?.(endOfInput));
  }

  /** At the barrier: what comes from now on waits until the writer has prepared what came before. */
  prepare(checkpointId: number, endOfInput: boolean): Promise<PreparedWrite> {
    this.operator.hold();
    return this.#next(async () => {
      await this.#writer.flush?.(endOfInput);
      const committables = (await this.#writer.prepareCommit?.()) ?? [];
      const state = (await this.#writer.snapshotState?.(checkpointId)) ?? [];
      this.operator.release();
      return { committables, state };
    });
  }

  async finish(): Promise<void> {
    await this.#writer.finish?.();
  }

  async close(): Promise<void> {
    await this.#writer.close?.();
  }

  #next<T>(call: () => Promise<T>): Promise<T> {
    const next = this.#last.then(call);
    this.#last = next.catch(() => {});
    return next;
  }
}
