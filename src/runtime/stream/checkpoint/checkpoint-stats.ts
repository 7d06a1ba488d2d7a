import type { CheckpointKind } from '../../ports/checkpoint-storage.js';

export type CheckpointStatsStatus = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';

/** One checkpoint as it went (Flink's CheckpointStats). Times are epoch ms. */
export interface CheckpointStats {
  readonly id: number;
  readonly kind: CheckpointKind;
  readonly status: CheckpointStatsStatus;
  readonly triggerTimestamp: number;
  /** ms until it was complete or had failed. */
  readonly duration?: number;
  /** ms at the barrier, in which nothing else ran. */
  readonly syncDuration?: number;
  /** Written by it, bytes. */
  readonly bytes?: number;
  readonly failure?: string;
}

/** Flink's CheckpointStatsSnapshot. */
export interface CheckpointStatsSnapshot {
  readonly counts: {
    readonly total: number;
    readonly completed: number;
    readonly failed: number;
    readonly inProgress: number;
    readonly restored: number;
  };
  /** The latest, newest first. */
  readonly history: readonly CheckpointStats[];
}

const REMEMBERED = 100;

export class CheckpointStatsTracker {
  readonly #history: CheckpointStats[] = [];
  #total = 0;
  #completed = 0;
  #failed = 0;
  #restored = 0;

  begun(stats: Pick<CheckpointStats, 'id' | 'kind' | 'triggerTimestamp'>): void {
    this.#total++;
    this.#history.unshift({ ...stats, status: 'IN_PROGRESS' });
    this.#history.length = Math.min(this.#history.length, REMEMBERED);
  }

  completed(id: number, more: Pick<CheckpointStats, 'duration' | 'syncDuration' | 'bytes'>): void {
    this.#completed++;
    this.#update(id, { ...more, status: 'COMPLETED' });
  }

  failed(id: number, duration: number, failure: string): void {
    this.#failed++;
    this.#update(id, { duration, failure, status: 'FAILED' });
  }

  restored(): void {
    this.#restored++;
  }

  snapshot(): CheckpointStatsSnapshot {
    const counts = {
      total: this.#total,
      completed: this.#completed,
      failed: this.#failed,
      inProgress: this.#total - this.#completed - this.#failed,
      restored: this.#restored,
    };
    return { counts, history: [...this.#history] };
  }

  #update(id: number, more: Partial<CheckpointStats>): void {
    const index = this.#history.findIndex((stats) => stats.id === id);
    if (index >= 0) this.#history[index] = { ...this.#history[index], ...more };
  }
}
