import type { ProcessingTimeService, ScheduledCallback } from '../../../engine/time/processing-time-service.js';
import { failpoint } from '../../failpoint.js';
import type { CheckpointKind, CheckpointStorage, CompletedCheckpoint } from '../../ports/checkpoint-storage.js';
import type { CheckpointBarrier } from '../barrier-aligner.js';
import type { LocalExecution } from '../local-execution.js';
import type { CheckpointConfig } from './checkpoint-config.js';
import { CheckpointStatsTracker } from './checkpoint-stats.js';
import { encodeMetadata } from './metadata.js';
import { SegmentWriteError } from './subtask-snapshots.js';

/** A checkpoint did not complete (Flink's CheckpointException); the program goes on unless too many in a row fail. */
export class CheckpointError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CheckpointError';
  }
}

interface Trigger {
  readonly kind: CheckpointKind;
  readonly storage: CheckpointStorage;
  /** All input has been read: the program ends with it. */
  readonly endOfInput?: boolean;
}

/**
 * Makes the checkpoints of a job, one at a time, over all its executions (Flink's CheckpointCoordinator). After one that
 * failed the next holds the whole state.
 */
export class CheckpointCoordinator {
  readonly stats = new CheckpointStatsTracker();
  readonly #retained: CompletedCheckpoint[] = [];
  #execution: LocalExecution | undefined;
  #nextId = 1;
  #failuresInARow = 0;
  #timer: ScheduledCallback | undefined;
  /** The last one triggered, whatever became of it. */
  #last: Promise<unknown> = Promise.resolve();
  /** Resolves when the execution has done its part of the last one, also of one that was given up. */
  #gathered: Promise<unknown> = Promise.resolve();
  /** Ends the one that is being made. */
  #giveUp: ((error: CheckpointError) => void) | undefined;

  /** @param clock of the timer and of times told, not of operators */
  constructor(
    private readonly config: CheckpointConfig,
    private readonly storage: CheckpointStorage,
    private readonly clock: ProcessingTimeService,
  ) {}

  /** Looks what is there. @returns the checkpoint that a job goes on from */
  async open(): Promise<CompletedCheckpoint | undefined> {
    const checkpoints = (await this.storage.open()).filter(({ kind }) => kind === 'checkpoint');
    this.#retained.push(...checkpoints.slice(-this.config.maxRetained));
    const { latest } = this;
    if (latest !== undefined) this.startAfter(latest.id);
    return latest;
  }

  /** The job goes on from this checkpoint of another storage: ids begin behind it. */
  startAfter(checkpointId: number): void {
    this.#nextId = Math.max(this.#nextId, checkpointId + 1);
  }

  get latest(): CompletedCheckpoint | undefined {
    return this.#retained.at(-1);
  }

  /** Checkpoints are made of this execution from now on. */
  start(execution: LocalExecution): void {
    this.#execution = execution;
    this.#failuresInARow = 0;
    this.#gathered = Promise.resolve();
    if (this.config.interval !== undefined) this.#schedule(this.config.interval);
  }

  /** No checkpoint is begun by itself any more; resolves when the last one is done. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#last;
  }

  /** The execution is given up, and with it a checkpoint that is being made. */
  detach(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#execution = undefined;
    this.#giveUp?.(new CheckpointError('the execution ended before the checkpoint was complete'));
  }

  triggerCheckpoint(endOfInput = false): Promise<CompletedCheckpoint> {
    return this.#trigger({ kind: 'checkpoint', storage: this.storage, endOfInput });
  }

  /** @param storage where it goes, by itself. What sinks have prepared is committed with the next checkpoint. */
  async triggerSavepoint(storage: CheckpointStorage): Promise<CompletedCheckpoint> {
    await storage.open();
    return this.#trigger({ kind: 'savepoint', storage });
  }

  /** Forgets all checkpoints. */
  async discardAll(): Promise<void> {
    this.#retained.length = 0;
    await this.storage.dropBefore(Infinity);
  }

  #schedule(delay: number): void {
    const triggered = this.clock.currentProcessingTime() + delay;
    this.#timer = this.clock.registerTimer(triggered, () => void this.#periodic());
  }

  async #periodic(): Promise<void> {
    const begun = this.clock.currentProcessingTime();
    // A failure is counted where it happens.
    await this.triggerCheckpoint().catch(() => {});
    if (this.#timer === undefined || this.config.interval === undefined) return;
    const now = this.clock.currentProcessingTime();
    this.#schedule(Math.max(begun + this.config.interval - now, this.config.minPauseBetweenCheckpoints, 0));
  }

  #trigger(trigger: Trigger): Promise<CompletedCheckpoint> {
    const made = this.#last.catch(() => {}).then(() => this.#make(trigger));
    this.#last = made.catch(() => {});
    return made;
  }

  async #make(trigger: Trigger): Promise<CompletedCheckpoint> {
    const id = this.#nextId++;
    const timestamp = this.clock.currentProcessingTime();
    const barrier: CheckpointBarrier = { id, timestamp, kind: trigger.kind, mode: this.config.mode };
    this.stats.begun({ id, kind: trigger.kind, triggerTimestamp: timestamp });
    try {
      const completed = await this.#withTimeout(id, (checkInTime) => this.#write(barrier, trigger, checkInTime));
      this.#failuresInARow = 0;
      if (trigger.kind === 'checkpoint') await this.#committing(id);
      return completed;
    } catch (error) {
      this.#execution?.startOver();
      await trigger.storage.abort(id).catch(() => {});
      this.#failed(barrier, error);
      throw error;
    }
  }

  /** @param checkInTime throws when the checkpoint has been given up */
  async #write(barrier: CheckpointBarrier, trigger: Trigger, checkInTime: () => void): Promise<CompletedCheckpoint> {
    const { id, kind, timestamp } = barrier;
    const { storage, endOfInput = false } = trigger;
    await this.#gathered;
    checkInTime();
    let [index, bytes] = [0, 0];
    const writeSegment = async (segment: Uint8Array): Promise<void> => {
      try {
        checkInTime();
        bytes += await storage.writeSegment(id, index++, segment);
      } catch (error) {
        throw new SegmentWriteError(error);
      }
    };
    const before = performance.now();
    const gathered = (this.#execution as LocalExecution).snapshot(barrier, endOfInput, writeSegment);
    const syncDuration = performance.now() - before;
    this.#gathered = gathered.catch(() => {});
    failpoint('stream-barrier');
    const snapshot = await gathered;
    failpoint('stream-segments-written');
    checkInTime();
    this.#giveUp = undefined;
    const completedAt = this.clock.currentProcessingTime();
    const completed = { id, kind, triggerTimestamp: timestamp, completedAt, bytes, oldestNeeded: snapshot.oldestNeeded };
    const metadata = { checkpointId: id, kind, isFinished: endOfInput, operators: snapshot.operators };
    await storage.complete(completed, encodeMetadata(metadata));
    failpoint('stream-checkpoint-complete');
    this.stats.completed(id, { duration: completedAt - timestamp, syncDuration, bytes });
    if (kind === 'checkpoint') await this.#completed(completed);
    return completed;
  }

  async #completed(checkpoint: CompletedCheckpoint): Promise<void> {
    this.#retained.push(checkpoint);
    while (this.#retained.length > this.config.maxRetained) this.#retained.shift();
    const oldest = Math.min(...this.#retained.map(({ oldestNeeded }) => oldestNeeded));
    // What cannot be dropped now is dropped after the next one.
    await this.storage.dropBefore(oldest).catch(() => {});
  }

  /** A commit that fails, fails the program: it goes on from the checkpoint, and commits again. */
  async #committing(id: number): Promise<void> {
    try {
      await this.#execution?.notifyCheckpointComplete(id);
      failpoint('stream-committed');
    } catch (error) {
      this.#execution?.fail(error);
    }
  }

  /** Until its metadata are written; from then on it is complete or not, and not given up. */
  async #withTimeout<T>(id: number, work: (checkInTime: () => void) => Promise<T>): Promise<T> {
    const { checkpointTimeout } = this.config;
    let late: CheckpointError | undefined;
    const givenUp = new Promise<never>((_, reject) => {
      this.#giveUp = (error) => {
        late = error;
        reject(error);
      };
    });
    const expire = (): void =>
      this.#giveUp?.(new CheckpointError(`checkpoint ${id} expired: it was not complete after ${checkpointTimeout} ms`));
    const timer = this.clock.registerTimer(this.clock.currentProcessingTime() + checkpointTimeout, expire);
    const working = work(() => {
      if (late !== undefined) throw late;
    });
    working.catch(() => {});
    try {
      return await Promise.race([working, givenUp]);
    } finally {
      timer.cancel();
      this.#giveUp = undefined;
    }
  }

  #failed({ id, kind, timestamp }: CheckpointBarrier, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.stats.failed(id, this.clock.currentProcessingTime() - timestamp, message);
    if (kind === 'savepoint') return;
    const tolerable = this.config.tolerableCheckpointFailureNumber;
    if (++this.#failuresInARow <= tolerable) return;
    const why = `${this.#failuresInARow} checkpoints in a row failed, ${tolerable} tolerable: ${message}`;
    this.#execution?.fail(new CheckpointError(why, { cause: error }));
  }
}
