import { StateMigrationError } from '../../../engine/state/serializer/type-serializer.js';
import { SuppressRestartsError } from '../../../engine/stream/functions/suppress-restarts.js';
import { type CheckpointStorage, CheckpointStorageError, type CompletedCheckpoint } from '../../ports/checkpoint-storage.js';
import type { StreamGraph } from '../../../engine/stream/graph/stream-graph.js';
import type { StateBackend } from '../../ports/state-backend.js';
import type { CheckpointConfig } from '../checkpoint/checkpoint-config.js';
import { CheckpointCoordinator, CheckpointError } from '../checkpoint/checkpoint-coordinator.js';
import type { CheckpointStatsSnapshot } from '../checkpoint/checkpoint-stats.js';
import { MemoryCheckpointStorage } from '../checkpoint/memory-checkpoint-storage.js';
import { decodeMetadata } from '../checkpoint/metadata.js';
import { checkMapped } from '../checkpoint/restoring.js';
import { LocalExecution, type RestorePoint, type TaskStatus } from '../local-execution.js';
import { HashMapStateBackend } from '../state-backends.js';
import { SystemProcessingTime } from '../system-processing-time.js';
import { type JobClient, JobExecutionError, type JobExecutionResult, type SavepointTarget } from './job-client.js';
import { JOB_TRANSITIONS, type JobStatus, LifeCycle } from './life-cycle.js';
import { RestartStrategies, type RestartStrategyFactory } from './restart-strategies.js';

/** Where a program begins that has no checkpoint of its own (Flink's SavepointRestoreSettings). */
export interface SavepointRestoreSettings {
  readonly storage: CheckpointStorage;
  /** Whether state of operators that the program no longer has may be left out. */
  readonly allowNonRestoredState?: boolean;
}

export interface JobSettings {
  readonly checkpoints: CheckpointConfig;
  /** By default: with checkpoints again and again, with growing waits; without, never. */
  readonly restartStrategy?: RestartStrategyFactory;
  readonly stateBackend?: StateBackend;
  readonly savepoint?: SavepointRestoreSettings;
  /** The storage of a savepoint in a folder. */
  readonly savepointStorage: (folder: string) => CheckpointStorage;
}

interface StopRequest {
  readonly storage: CheckpointStorage;
  readonly drain: boolean;
  readonly resolve: (savepoint: CompletedCheckpoint) => void;
  readonly reject: (error: unknown) => void;
}

export function startLocally(graph: StreamGraph, jobName: string, settings: JobSettings): JobClient {
  return new JobMaster(graph, jobName, settings);
}

/** Another execution would fail the same way. */
function isFinal(error: unknown): boolean {
  return error instanceof StateMigrationError || error instanceof CheckpointStorageError || error instanceof SuppressRestartsError;
}

/** Runs one program to its end, over as many executions as failures make of it (Flink's JobMaster). */
class JobMaster implements JobClient {
  readonly result: Promise<JobExecutionResult>;
  restarts = 0;
  readonly #life: LifeCycle<JobStatus>;
  readonly #storage: CheckpointStorage;
  readonly #coordinator: CheckpointCoordinator;
  readonly #clock = new SystemProcessingTime((error) => this.#execution?.fail(error));
  #execution: LocalExecution | undefined;
  #stopRequest: StopRequest | undefined;
  /** It has stopped with a savepoint. */
  #isOver = false;
  /** Ends the wait before a restart. */
  #wake: () => void = () => {};

  constructor(
    private readonly graph: StreamGraph,
    readonly jobName: string,
    private readonly settings: JobSettings,
  ) {
    this.#life = new LifeCycle(`job "${jobName}"`, JOB_TRANSITIONS, 'CREATED' as JobStatus);
    const { checkpoints } = settings;
    this.#storage = checkpoints.storage ?? new MemoryCheckpointStorage();
    this.#coordinator = new CheckpointCoordinator(checkpoints, this.#storage, this.#clock);
    this.result = this.#run();
  }

  get status(): JobStatus {
    return this.#life.state;
  }

  get tasks(): readonly TaskStatus[] {
    return this.#execution?.tasks ?? [];
  }

  get checkpointStats(): CheckpointStatsSnapshot {
    return this.#coordinator.stats.snapshot();
  }

  async cancel(): Promise<void> {
    if (this.#life.canMoveTo('CANCELLING')) this.#life.moveTo('CANCELLING');
    this.#execution?.stop();
    this.#wake();
    await this.result;
  }

  async triggerCheckpoint(): Promise<CompletedCheckpoint> {
    this.#checkRunning();
    return this.#coordinator.triggerCheckpoint();
  }

  async triggerSavepoint(target: SavepointTarget): Promise<CompletedCheckpoint> {
    this.#checkRunning();
    return this.#coordinator.triggerSavepoint(this.#savepointStorage(target));
  }

  stopWithSavepoint(target: SavepointTarget, { drain = false } = {}): Promise<CompletedCheckpoint> {
    return new Promise((resolve, reject) => {
      this.#checkRunning();
      this.#stopRequest = { storage: this.#savepointStorage(target), drain, resolve, reject };
      this.#execution?.stop();
    });
  }

  #savepointStorage(target: SavepointTarget): CheckpointStorage {
    return typeof target === 'string' ? this.settings.savepointStorage(target) : target;
  }

  #checkRunning(): void {
    if (this.status !== 'RUNNING') throw new CheckpointError(`job "${this.jobName}" is ${this.status}: it must be RUNNING`);
  }

  async #run(): Promise<JobExecutionResult> {
    const started = this.#clock.currentProcessingTime();
    try {
      await this.#runToEnd();
    } catch (error) {
      this.#life.moveTo('FAILING');
      this.#life.moveTo('FAILED');
      throw new JobExecutionError(this.jobName, error);
    } finally {
      this.#clock.quiesce();
      await this.#storage.close?.();
    }
    return { jobName: this.jobName, runtimeMs: this.#clock.currentProcessingTime() - started };
  }

  /** Executions one after the other, until one ends or no restart is left. */
  async #runToEnd(): Promise<void> {
    await this.#coordinator.open();
    const strategy = (this.settings.restartStrategy ?? this.#defaultStrategy())();
    for (;;) {
      try {
        return await this.#execute();
      } catch (error) {
        this.#stopRequest?.reject(error);
        this.#stopRequest = undefined;
        if (this.status === 'CANCELLING') return this.#life.moveTo('CANCELED');
        if (this.#isOver || isFinal(error)) throw error;
        const delay = strategy.onFailure(this.#clock.currentProcessingTime());
        if (delay === undefined || this.status !== 'RUNNING') throw error;
        this.#life.moveTo('RESTARTING');
        this.restarts++;
        await this.#wait(delay);
        if (this.#isCancelling()) return this.#life.moveTo('CANCELED');
      }
    }
  }

  #isCancelling(): boolean {
    return this.status === 'CANCELLING';
  }

  #defaultStrategy(): RestartStrategyFactory {
    return this.settings.checkpoints.isCheckpointingEnabled ? RestartStrategies.exponentialDelayRestart() : RestartStrategies.noRestart();
  }

  #wait(delay: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.registerTimer(this.#clock.currentProcessingTime() + delay, () => resolve());
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** One execution, from the latest checkpoint. */
  async #execute(): Promise<void> {
    const execution = new LocalExecution(this.graph, this.settings.stateBackend ?? new HashMapStateBackend());
    this.#execution = execution;
    let end: 'FINISHED' | 'CANCELED' | 'FAILED' = 'FAILED';
    if (this.#life.canMoveTo('RUNNING')) this.#life.moveTo('RUNNING');
    try {
      const point = await this.#restorePoint();
      await execution.open(point);
      if (point !== undefined) this.#coordinator.stats.restored();
      end = await this.#runOpened(execution, point?.metadata.isFinished === true);
    } finally {
      this.#coordinator.detach();
      await execution.close(end);
    }
    if (end === 'CANCELED' && this.settings.checkpoints.retention === 'DELETE_ON_CANCELLATION') await this.#coordinator.discardAll();
    this.#life.moveTo(this.#isCancelling() ? 'CANCELED' : end);
  }

  async #runOpened(execution: LocalExecution, isFinished: boolean): Promise<'FINISHED' | 'CANCELED'> {
    if (!isFinished) {
      this.#coordinator.start(execution);
      const outcome = await execution.run();
      await this.#coordinator.stop();
      execution.checkFailure();
      if (this.#stopRequest !== undefined) return this.#stopWithSavepoint(execution, this.#stopRequest);
      if (outcome === 'stopped' || this.#isCancelling()) return 'CANCELED';
      await execution.finishOperators();
      await this.#commitLast(execution);
    }
    await execution.finishSinks();
    return 'FINISHED';
  }

  async #commitLast(execution: LocalExecution): Promise<void> {
    if (this.settings.checkpoints.isCheckpointingEnabled) await this.#coordinator.triggerCheckpoint(true);
    else await execution.flushAndCommit();
    execution.checkFailure();
  }

  async #stopWithSavepoint(execution: LocalExecution, { storage, drain, resolve }: StopRequest): Promise<'FINISHED'> {
    if (drain) {
      execution.drain();
      await execution.finishOperators();
    }
    execution.quiesce();
    const savepoint = await this.#coordinator.triggerSavepoint(storage);
    // Before anything of it is committed: from now on the program goes on from the savepoint, or not at all.
    await this.#coordinator.discardAll();
    this.#isOver = true;
    await execution.notifyCheckpointComplete(savepoint.id);
    if (drain) await execution.finishSinks();
    resolve(savepoint);
    return 'FINISHED';
  }

  /** The latest checkpoint of this job, else the savepoint that it is to begin with. */
  async #restorePoint(): Promise<RestorePoint | undefined> {
    const { latest } = this.#coordinator;
    if (latest !== undefined) return this.#read(this.#storage, latest, { isIncremental: true, allowNonRestoredState: false });
    const { savepoint } = this.settings;
    if (savepoint === undefined) return undefined;
    const found = (await savepoint.storage.open()).at(-1);
    if (found === undefined) throw new CheckpointError('there is no savepoint to begin with');
    this.#coordinator.startAfter(found.id);
    return this.#read(savepoint.storage, found, { isIncremental: false, allowNonRestoredState: savepoint.allowNonRestoredState === true });
  }

  async #read(
    storage: CheckpointStorage,
    { id, oldestNeeded }: CompletedCheckpoint,
    { isIncremental, allowNonRestoredState }: { readonly isIncremental: boolean; readonly allowNonRestoredState: boolean },
  ): Promise<RestorePoint> {
    const metadata = decodeMetadata(await storage.readMetadata(id));
    checkMapped(metadata, this.graph, allowNonRestoredState);
    return { metadata, segments: () => storage.segments(oldestNeeded, id), isIncremental };
  }
}
