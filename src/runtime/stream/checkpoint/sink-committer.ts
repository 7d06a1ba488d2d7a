import type { Committer } from '../../../engine/stream/functions/sink.js';
import type { PreparedCommittables } from './metadata.js';

/** The committer of one sink, and what is prepared and not committed yet, oldest first. */
export class SinkCommitter {
  #prepared: PreparedCommittables[];

  /** @param restored of the checkpoint that the program goes on from: some may have been committed */
  constructor(
    private readonly committer: Committer<unknown>,
    restored: readonly PreparedCommittables[],
  ) {
    this.#prepared = [...restored];
  }

  get prepared(): readonly PreparedCommittables[] {
    return [...this.#prepared];
  }

  /** Of one of the sink's writers. What a checkpoint that fails had prepared is committed with the next. */
  add(checkpointId: number, committables: readonly unknown[]): void {
    if (committables.length === 0) return;
    const last = this.#prepared.at(-1);
    if (last?.checkpointId !== checkpointId) this.#prepared.push({ checkpointId, committables });
    else this.#prepared.splice(-1, 1, { checkpointId, committables: [...last.committables, ...committables] });
  }

  /** @param restored whether they may have been committed before */
  async commitUpTo(checkpointId: number, restored = false): Promise<void> {
    for (let next = this.#prepared[0]; next !== undefined && next.checkpointId <= checkpointId; next = this.#prepared[0]) {
      await this.committer.commit(next.committables, { checkpointId: next.checkpointId, restored });
      this.#prepared.shift();
    }
  }

  async close(): Promise<void> {
    await this.committer.close?.();
  }
}
