import type { JobMetrics } from '../ports/job-control.js';

/** Old segments and log chunks are cleaned away after so many checkpoints. */
const CLEAN_EVERY = 12;

export interface CheckpointActions {
  /** Resolves when the checkpoint is committed. */
  take(checkpoint: number): Promise<void>;
  clean(): Promise<void>;
}

/** Numbers the checkpoints of a job, takes one at a time, and counts them (Flink's CheckpointCoordinator). */
export class CheckpointCoordinator {
  #next = 1;
  #underWay: Promise<void> | undefined;
  #mark = '';
  #metrics: JobMetrics['checkpoints'] = {
    completed: 0,
    failed: 0,
    lastId: 0,
    lastBytes: 0,
    lastPauseMs: 0,
    lastDurationMs: 0,
    lastAt: null,
  };

  constructor(readonly actions: CheckpointActions) {}

  get metrics(): JobMetrics['checkpoints'] {
    return this.#metrics;
  }

  /** Numbers go on after the checkpoint that a recovery started from. */
  restoredFrom(checkpoint: number): void {
    this.#next = Math.max(this.#next, checkpoint + 1);
  }

  /** Takes one unless one is under way, or nothing happened since the last: `mark` says where the job stands. */
  async checkpoint(mark: string): Promise<void> {
    if (this.#underWay !== undefined || mark === this.#mark) return;
    this.#underWay = this.#take(mark).finally(() => (this.#underWay = undefined));
    await this.#underWay;
  }

  /** The last one: waits for one that is under way, which may have begun before what `mark` says. */
  async finalCheckpoint(mark: string): Promise<void> {
    await this.#underWay?.catch(() => {});
    await this.checkpoint(mark);
  }

  async #take(mark: string): Promise<void> {
    try {
      await this.actions.take(this.#next++);
      this.#mark = mark;
    } catch (error) {
      this.#metrics = { ...this.#metrics, failed: this.#metrics.failed + 1 };
      throw error;
    }
  }

  /** Rejects when cleaning up after it failed; the checkpoint stands all the same. */
  async completed(checkpoint: { readonly id: number; readonly pauseMs: number }, bytes: number, durationMs: number): Promise<void> {
    const completed = this.#metrics.completed + 1;
    this.#metrics = {
      completed,
      failed: this.#metrics.failed,
      lastId: checkpoint.id,
      lastBytes: bytes,
      lastPauseMs: checkpoint.pauseMs,
      lastDurationMs: durationMs,
      lastAt: Date.now(),
    };
    if (completed % CLEAN_EVERY === 0) await this.actions.clean();
  }
}
