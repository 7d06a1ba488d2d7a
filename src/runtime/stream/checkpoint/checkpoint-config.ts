import type { CheckpointStorage } from '../../ports/checkpoint-storage.js';

/** Whether elements that overtake a barrier wait for it (EXACTLY_ONCE), or are in the state too early (AT_LEAST_ONCE). */
export type CheckpointingMode = 'EXACTLY_ONCE' | 'AT_LEAST_ONCE';

/** What becomes of checkpoints when the program is cancelled; those of one that has ended are gone, those of one that failed stay. */
export type ExternalizedCheckpointRetention = 'RETAIN_ON_CANCELLATION' | 'DELETE_ON_CANCELLATION';

/** How a program makes checkpoints (Flink's class of this name). Durations are ms. */
export class CheckpointConfig {
  /** Between two beginnings; undefined: no checkpoints are made. */
  interval: number | undefined;
  mode: CheckpointingMode = 'EXACTLY_ONCE';
  /** From the end of one to the beginning of the next. */
  minPauseBetweenCheckpoints = 0;
  /** One that takes longer has failed. */
  checkpointTimeout = 600_000;
  /** In a row; with one more the program fails. */
  tolerableCheckpointFailureNumber = 0;
  maxRetained = 1;
  retention: ExternalizedCheckpointRetention = 'RETAIN_ON_CANCELLATION';
  /** In memory by default: enough for a program that restarts, not for a process that ends. */
  storage: CheckpointStorage | undefined;

  get isCheckpointingEnabled(): boolean {
    return this.interval !== undefined;
  }

  /** @throws RangeError when the interval is below 10 ms, as in Flink */
  setCheckpointInterval(ms: number): this {
    this.interval = atLeast(10, 'the checkpoint interval', ms);
    return this;
  }

  setCheckpointingMode(mode: CheckpointingMode): this {
    this.mode = mode;
    return this;
  }

  setMinPauseBetweenCheckpoints(ms: number): this {
    this.minPauseBetweenCheckpoints = atLeast(0, 'the pause between checkpoints', ms);
    return this;
  }

  setCheckpointTimeout(ms: number): this {
    this.checkpointTimeout = atLeast(10, 'the checkpoint timeout', ms);
    return this;
  }

  setTolerableCheckpointFailureNumber(failures: number): this {
    this.tolerableCheckpointFailureNumber = atLeast(0, 'the tolerable number of failures', failures);
    return this;
  }

  setMaxRetainedCheckpoints(checkpoints: number): this {
    this.maxRetained = atLeast(1, 'the number of retained checkpoints', checkpoints);
    return this;
  }

  setExternalizedCheckpointRetention(retention: ExternalizedCheckpointRetention): this {
    this.retention = retention;
    return this;
  }

  setCheckpointStorage(storage: CheckpointStorage): this {
    this.storage = storage;
    return this;
  }
}

function atLeast(lowest: number, what: string, value: number): number {
  if (value >= lowest) return value;
  throw new RangeError(`${what} must be at least ${lowest}: ${value}`);
}
