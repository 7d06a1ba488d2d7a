import { type CheckpointStorage, CheckpointStorageError, type CompletedCheckpoint } from '../../ports/checkpoint-storage.js';

/** Checkpoints in this process's memory (Flink's JobManagerCheckpointStorage): a program that restarts finds them, a process that ends loses them. */
export class MemoryCheckpointStorage implements CheckpointStorage {
  readonly #complete = new Map<number, { readonly checkpoint: CompletedCheckpoint; readonly metadata: Uint8Array }>();
  readonly #segments = new Map<number, Uint8Array[]>();

  async open(): Promise<readonly CompletedCheckpoint[]> {
    for (const id of this.#segments.keys()) if (!this.#complete.has(id)) this.#segments.delete(id);
    return [...this.#complete.values()].map(({ checkpoint }) => checkpoint);
  }

  async writeSegment(checkpointId: number, index: number, segment: Uint8Array): Promise<number> {
    const segments = this.#segments.get(checkpointId) ?? [];
    segments[index] = segment;
    this.#segments.set(checkpointId, segments);
    return segment.length;
  }

  async complete(checkpoint: CompletedCheckpoint, metadata: Uint8Array): Promise<void> {
    this.#complete.set(checkpoint.id, { checkpoint, metadata });
  }

  async abort(checkpointId: number): Promise<void> {
    this.#segments.delete(checkpointId);
  }

  async readMetadata(checkpointId: number): Promise<Uint8Array> {
    const found = this.#complete.get(checkpointId);
    if (found === undefined) throw new CheckpointStorageError('checkpoint-not-found', `there is no checkpoint ${checkpointId}`);
    return found.metadata;
  }

  async *segments(oldest: number, newest: number): AsyncGenerator<Uint8Array> {
    for (const id of this.#complete.keys()) if (id >= oldest && id <= newest) yield* this.#segments.get(id) ?? [];
  }

  async dropBefore(oldest: number): Promise<void> {
    for (const id of this.#complete.keys()) {
      if (id >= oldest) continue;
      this.#complete.delete(id);
      this.#segments.delete(id);
    }
  }
}
