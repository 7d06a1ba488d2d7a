import type { CheckpointStorage, CompletedCheckpoint } from '../../ports/checkpoint-storage.js';
import type { CheckpointStatsSnapshot } from '../checkpoint/checkpoint-stats.js';
import type { TaskStatus } from '../local-execution.js';
import type { JobStatus } from './life-cycle.js';

/** Where a program's failure happened. */
export class JobExecutionError extends Error {
  constructor(job: string, cause: unknown) {
    super(`job "${job}" failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'JobExecutionError';
  }
}

export interface JobExecutionResult {
  readonly jobName: string;
  /** ms from start to end. */
  readonly runtimeMs: number;
}

/** A folder, or a storage of your own. */
export type SavepointTarget = string | CheckpointStorage;

/** A running program (Flink's JobClient). */
export interface JobClient {
  readonly jobName: string;
  /** Resolves when all sources have ended and all results are out, or the program was cancelled. @throws JobExecutionError */
  readonly result: Promise<JobExecutionResult>;
  readonly status: JobStatus;
  /** Of the current execution. */
  readonly tasks: readonly TaskStatus[];
  readonly checkpointStats: CheckpointStatsSnapshot;
  /** Times the program was started again after a failure. */
  readonly restarts: number;
  /** Ends it without a final watermark. */
  cancel(): Promise<void>;
  /** A checkpoint now. @throws CheckpointError */
  triggerCheckpoint(): Promise<CompletedCheckpoint>;
  /** A checkpoint that stands by itself and is kept, while the program goes on. @throws CheckpointError */
  triggerSavepoint(target: SavepointTarget): Promise<CompletedCheckpoint>;
  /**
   * Ends the program with a savepoint, with which its results are committed.
   * @param drain first a watermark above all times: what is open gives its results, and the program is not to go on
   */
  stopWithSavepoint(target: SavepointTarget, options?: { readonly drain?: boolean }): Promise<CompletedCheckpoint>;
}
