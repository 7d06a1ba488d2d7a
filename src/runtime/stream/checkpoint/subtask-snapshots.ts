import { setImmediate } from 'node:timers/promises';
import type { SubtaskState } from '../../../engine/operator/subtask-state.js';
import { emptyLedger, Snapshotter, type SnapshotLedger } from '../../task/snapshot.js';
import type { CheckpointBarrier } from '../barrier-aligner.js';
import { type SubtaskMetadata, withOwner } from './metadata.js';

/** Where segments go as soon as they are full. */
export type WriteSegment = (segment: Uint8Array) => Promise<void>;

/** The storage does not take a segment: the checkpoint fails, and the program goes on. */
export class SegmentWriteError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'SegmentWriteError';
  }
}

/** What a subtask gives to a checkpoint; its segments are written by then. */
export interface SubtaskSnapshot {
  readonly metadata: SubtaskMetadata;
  /** The oldest checkpoint whose segments it needs. */
  readonly oldestNeeded: number;
}

/** Values looked at between two turns of the event loop. */
const STEP = 2_000;
/** A small state is written in full once so many checkpoints have written what changed. */
const MAX_INCREMENTS = 20;
const SMALL_BYTES = 8 * 1024 * 1024;

/** The snapshots of one subtask's state: what changed since the last one, in full from time to time. */
export class SubtaskSnapshots {
  #snapshotter: Snapshotter;

  /** @param ledger of the checkpoint that the subtask goes on from, if its segments are there to go on from */
  constructor(
    private readonly uid: string,
    private readonly index: number,
    private readonly state: SubtaskState,
    private readonly maxParallelism: number,
    ledger: SnapshotLedger | undefined,
  ) {
    this.#snapshotter = new Snapshotter(ledger ?? emptyLedger(maxParallelism));
  }

  /** The state of this moment; it is written while the program goes on. Must not be called again before it is. */
  begin({ id, kind }: CheckpointBarrier, write: WriteSegment): Promise<SubtaskSnapshot> {
    const metadata = this.#metadata();
    if (metadata.snapshotables.length === 0) return Promise.resolve({ metadata, oldestNeeded: id });
    if (kind === 'savepoint' || this.#isLong()) this.startOver();
    const snapshotter = this.#snapshotter;
    snapshotter.begin(id, this.state.snapshotables());
    // A savepoint may go, so nothing can be based on it.
    if (kind === 'savepoint') this.startOver();
    return this.#write(snapshotter, metadata, write);
  }

  /** The next one is written in full: the last did not become part of a checkpoint. */
  startOver(): void {
    this.#snapshotter = new Snapshotter(emptyLedger(this.maxParallelism));
  }

  #metadata(): SubtaskMetadata {
    const { keyed, operator, watermark } = this.state;
    const keyedStates = keyed.metas();
    const snapshotables = this.state.snapshotables();
    const isKeyed = keyedStates.length > 0 || snapshotables.some(({ state }) => state.size > 0);
    return {
      keyedStates,
      operatorState: operator.snapshot(),
      watermark,
      snapshotables: isKeyed || this.#snapshotter.ledger.stored.length > 0 ? snapshotables.map(({ id }) => id) : [],
    };
  }

  async #write(snapshotter: Snapshotter, metadata: SubtaskMetadata, write: WriteSegment): Promise<SubtaskSnapshot> {
    const { store } = this.state.keyed;
    let failure: { readonly error: unknown } | undefined;
    for (;;) {
      const snapshot = snapshotter.continue(STEP);
      for (const records of snapshot?.segments ?? snapshotter.takeSegments()) {
        // One that cannot be stored is still gone through to its end, so that another can begin.
        if (failure === undefined) await write(withOwner(this.uid, this.index, records)).catch((error: unknown) => (failure = { error }));
      }
      if (snapshot === undefined) await (store.continueReading?.() ?? setImmediate());
      else if (failure === undefined) return { metadata: { ...metadata, ledger: snapshotter.ledger }, oldestNeeded: snapshot.oldestNeeded };
      else throw failure.error;
    }
  }

  #isLong(): boolean {
    const { stored } = this.#snapshotter.ledger;
    return stored.length > MAX_INCREMENTS && stored.reduce((sum, { bytes }) => sum + bytes, 0) < SMALL_BYTES;
  }
}
