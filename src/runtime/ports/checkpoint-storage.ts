/** Where a stream program keeps its checkpoints (Flink's CheckpointStorage). */

export type CheckpointKind = 'checkpoint' | 'savepoint';

/** A checkpoint that is complete. */
export interface CompletedCheckpoint {
  readonly id: number;
  readonly kind: CheckpointKind;
  /** When it was begun and when it was complete, epoch ms. */
  readonly triggerTimestamp: number;
  readonly completedAt: number;
  /** Of what it has written itself. */
  readonly bytes: number;
  /** The oldest complete checkpoint whose segments it needs; its own id when it stands by itself. */
  readonly oldestNeeded: number;
}

/**
 * One program's checkpoints. A checkpoint is its segments and then, at once or not at all, its metadata: without that
 * it is not there. Every failure is told by rejection, and leaves the complete checkpoints as they are.
 */
export interface CheckpointStorage {
  /** Takes the place over: what was left unfinished goes. The complete checkpoints that can be restored, oldest first. */
  open(): Promise<readonly CompletedCheckpoint[]>;
  /** Resolves once it is safe. @param index from 0, without gaps when all are written @returns bytes stored */
  writeSegment(checkpointId: number, index: number, segment: Uint8Array): Promise<number>;
  complete(checkpoint: CompletedCheckpoint, metadata: Uint8Array): Promise<void>;
  /** Forgets what an unfinished checkpoint has written. */
  abort(checkpointId: number): Promise<void>;
  readMetadata(checkpointId: number): Promise<Uint8Array>;
  /** Those of complete checkpoints of a range of ids, in order of id and then of index. */
  segments(oldest: number, newest: number): AsyncIterable<Uint8Array>;
  /** Drops what no complete checkpoint from `oldest` on is or needs, oldest first; Infinity: everything. */
  dropBefore(oldest: number): Promise<void>;
  close?(): Promise<void>;
}

/** A checkpoint cannot be written or read; `code` is listed in docs/errors.md. */
export class CheckpointStorageError extends Error {
  constructor(
    readonly code:
      | 'checkpoint-damaged'
      | 'checkpoint-newer'
      | 'checkpoint-not-found'
      | 'checkpoint-storage-full'
      | 'checkpoint-storage-owned',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CheckpointStorageError';
  }
}
