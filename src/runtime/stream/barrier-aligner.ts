import type { CheckpointingMode } from './checkpoint/checkpoint-config.js';
import type { CheckpointKind } from '../ports/checkpoint-storage.js';

/** What flows between the elements that belong to a checkpoint and those that do not (Flink's CheckpointBarrier). */
export interface CheckpointBarrier {
  readonly id: number;
  /** When the checkpoint was begun, epoch ms. */
  readonly timestamp: number;
  readonly kind: CheckpointKind;
  readonly mode: CheckpointingMode;
}

/**
 * Brings the barriers of a subtask's channels together (Flink's SingleCheckpointBarrierHandler): a channel whose
 * barrier has come waits for the others, unless elements may be counted twice. A newer checkpoint ends an older one.
 */
export class BarrierAligner {
  #barrier: CheckpointBarrier | undefined;
  readonly #arrived: boolean[];
  #missing = 0;
  /** What came on channels that wait, in order. */
  #waiting: (() => void)[] = [];

  /** @param onAligned all channels have given their barrier */
  constructor(
    channels: number,
    private readonly onAligned: (barrier: CheckpointBarrier) => void,
  ) {
    this.#arrived = new Array<boolean>(channels).fill(false);
  }

  /** Whether what comes on the channel must wait: it is then to be given to `defer`. */
  isBlocked(channel: number): boolean {
    return this.#barrier !== undefined && this.#barrier.mode === 'EXACTLY_ONCE' && this.#arrived[channel];
  }

  defer(process: () => void): void {
    this.#waiting.push(process);
  }

  processBarrier(channel: number, barrier: CheckpointBarrier): void {
    if (this.#barrier === undefined || barrier.id > this.#barrier.id) this.#begin(barrier);
    if (barrier.id < (this.#barrier as CheckpointBarrier).id || this.#arrived[channel]) return;
    this.#arrived[channel] = true;
    if (--this.#missing > 0) return;
    this.#barrier = undefined;
    this.onAligned(barrier);
    this.#release();
  }

  #begin(barrier: CheckpointBarrier): void {
    this.#barrier = undefined;
    this.#release();
    this.#barrier = barrier;
    this.#arrived.fill(false);
    this.#missing = this.#arrived.length;
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const process of waiting) process();
  }
}
