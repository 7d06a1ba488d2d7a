/** Runs a stream graph once in this thread, from its beginning or a checkpoint: every operator as many times as its parallelism says. */
import { SubtaskState } from '../../engine/operator/subtask-state.js';
import { evenShare } from '../../engine/state/operator/redistribute.js';
import { keyGroupOfId } from '../../engine/state/keyed/keyed-state-backend.js';
import { SinkOperator } from '../../engine/stream/operators/sink-operator.js';
import type { StreamGraph, StreamNode } from '../../engine/stream/graph/stream-graph.js';
import { WatermarkAlignmentGroup } from '../../engine/time/watermark-alignment.js';
import type { StateBackend } from '../ports/state-backend.js';
import type { CheckpointBarrier } from './barrier-aligner.js';
import type { CheckpointMetadata, OperatorMetadata } from './checkpoint/metadata.js';
import { PendingCheckpoint } from './checkpoint/pending-checkpoint.js';
import { applySegments, maxParallelismOf, OperatorRestore, restoredStates, uidOf } from './checkpoint/restoring.js';
import { SinkCommitter } from './checkpoint/sink-committer.js';
import { SegmentWriteError, type SubtaskSnapshot, SubtaskSnapshots, type WriteSegment } from './checkpoint/subtask-snapshots.js';
import { connect } from './execution-topology.js';
import { EXECUTION_TRANSITIONS, type ExecutionState, LifeCycle } from './job/life-cycle.js';
import { SinkTask } from './sink-task.js';
import { type SourceNode, SourceTask } from './source-task.js';
import type { Subtask } from './subtask.js';
import { SystemProcessingTime } from './system-processing-time.js';

/** A checkpoint to go on from. */
export interface RestorePoint {
  readonly metadata: CheckpointMetadata;
  readonly segments: () => AsyncIterable<Uint8Array>;
  /** Its segments stay, so that the next checkpoint need only hold what has changed. */
  readonly isIncremental: boolean;
}

/** What an execution gives to a checkpoint. */
export interface ExecutionSnapshot {
  readonly operators: readonly OperatorMetadata[];
  readonly oldestNeeded: number;
}

/** Of one parallel instance of an operator. */
export interface TaskStatus {
  readonly operator: string;
  readonly subtask: number;
  readonly state: ExecutionState;
}

export class LocalExecution {
  readonly #subtasks: readonly Subtask[];
  readonly #tasks: ReadonlyMap<Subtask, LifeCycle<ExecutionState>>;
  readonly #sources: readonly SourceTask[];
  readonly #sinks: ReadonlyMap<Subtask, SinkTask>;
  readonly #committers = new Map<StreamNode, SinkCommitter>();
  readonly #states = new Map<Subtask, SubtaskState>();
  readonly #snapshots = new Map<Subtask, SubtaskSnapshots>();
  readonly #alignmentGroups = new Map<string, WatermarkAlignmentGroup>();
  readonly #clock: SystemProcessingTime;
  readonly #stopped: Promise<'stopped'>;
  #stop!: (reason: 'stopped') => void;
  #failure: { readonly error: unknown } | undefined;
  #pending: PendingCheckpoint<Subtask> | undefined;

  constructor(
    private readonly graph: StreamGraph,
    private readonly stateBackend: StateBackend,
  ) {
    graph.executions++;
    this.#subtasks = connect(graph);
    this.#tasks = new Map(
      this.#subtasks.map((subtask) => [
        subtask,
        new LifeCycle(`task ${subtask.node.name} ${subtask.index}`, EXECUTION_TRANSITIONS, 'CREATED' as ExecutionState),
      ]),
    );
    this.#sources = this.#subtasks.filter(isSource).map((subtask) => new SourceTask(subtask, subtask.node));
    this.#sinks = new Map(this.#subtasks.filter(isSink).map((subtask) => [subtask, new SinkTask(subtask, subtask.operator)]));
    this.#stopped = new Promise((resolve) => (this.#stop = resolve));
    this.#clock = new SystemProcessingTime((error) => this.fail(error));
  }

  get tasks(): readonly TaskStatus[] {
    return [...this.#tasks].map(([{ node, index }, { state }]) => ({ operator: node.name, subtask: index, state }));
  }

  /** Restores state, commits what the checkpoint had prepared, and opens everything; nothing is read yet. */
  async open(point: RestorePoint | undefined): Promise<void> {
    this.#moveAll('INITIALIZING');
    for (const node of this.graph.nodes) await this.#createStates(node, operatorOf(node, point), point);
    if (point !== undefined) await this.#restore(point);
    await this.#openCommitters(point);
    for (const sink of this.#sinks.values()) await this.#openSink(sink, point);
    // Receivers first: what an operator gives in `open` has somewhere to go.
    for (const subtask of this.#subtasks.toReversed()) {
      const state = this.#states.get(subtask) as SubtaskState;
      subtask.open({
        processingTime: this.#clock,
        state,
        mailbox: (call) => this.#call(call),
        onBarrier: (barrier) => this.#onBarrier(subtask, barrier),
      });
    }
    for (const source of this.#sources) await this.#openSource(source, point);
    this.#moveAll('RUNNING');
  }

  /** Reads the sources until all have ended, or one is told to stop. @throws what a function, source or sink threw */
  async run(): Promise<'ended' | 'stopped'> {
    const ended = await Promise.all(this.#sources.map((source) => this.#runSource(source)));
    this.checkFailure();
    return ended.every((each) => each) ? 'ended' : 'stopped';
  }

  /** No more is read. */
  stop(): void {
    this.#stop('stopped');
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop('stopped');
  }

  checkFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Timers of processing time no longer fire. */
  quiesce(): void {
    this.#clock.quiesce();
  }

  /** The last watermark, of a program that is stopped before its sources end. */
  drain(): void {
    for (const source of this.#sources) source.end();
  }

  /** All input has been processed: operators give what is under way, and their last results. Inputs before outputs. */
  async finishOperators(): Promise<void> {
    for (const { operator } of this.#subtasks) {
      if (operator?.drained !== undefined) await Promise.race([operator.drained(), this.#stopped]);
      operator?.finish();
    }
    this.quiesce();
    this.checkFailure();
  }

  /**
   * Puts a barrier into all sources and gathers what comes of it. The state is that of this moment; the returned
   * promise resolves when its segments are written and the sinks have prepared. The one before must have settled.
   */
  async snapshot(barrier: CheckpointBarrier, endOfInput: boolean, write: WriteSegment): Promise<ExecutionSnapshot> {
    const pending = new PendingCheckpoint<Subtask>(barrier, this.#subtasks.length, endOfInput, write);
    this.#pending = pending;
    try {
      for (const { subtask, splits } of this.#sources) {
        pending.acknowledge(subtask, Promise.resolve({ metadata: sourceMetadata(splits), oldestNeeded: barrier.id }));
        subtask.output.emitBarrier(barrier);
      }
      return this.#assemble(await pending.acknowledged);
    } catch (error) {
      if (!(error instanceof SegmentWriteError)) this.fail(error);
      throw error;
    }
  }

  /** The last snapshot did not become a checkpoint: the next is written in full. */
  startOver(): void {
    for (const snapshots of this.#snapshots.values()) snapshots.startOver();
  }

  async notifyCheckpointComplete(checkpointId: number): Promise<void> {
    for (const source of this.#sources) await source.notifyCheckpointComplete(checkpointId);
    for (const committer of this.#committers.values()) await committer.commitUpTo(checkpointId);
  }

  /** The end of a program without checkpoints: all that was written is committed at once. */
  async flushAndCommit(): Promise<void> {
    for (const subtask of this.#sinks.keys()) await this.#prepare(subtask, 1, true);
    for (const committer of this.#committers.values()) await committer.commitUpTo(1);
  }

  async finishSinks(): Promise<void> {
    for (const sink of this.#sinks.values()) await sink.finish();
    this.#moveAll('FINISHED');
  }

  /** @param end what has become of the tasks that have not finished */
  async close(end: 'FINISHED' | 'CANCELED' | 'FAILED'): Promise<void> {
    this.#clock.quiesce();
    if (end === 'CANCELED') this.#moveAll('CANCELING');
    const closing = [
      ...this.#sources.map((source) => () => source.close()),
      ...this.#subtasks.map(
        ({ operator }) =>
          async () =>
            operator?.close(),
      ),
      ...[...this.#sinks.values()].map((sink) => () => sink.close()),
      ...[...this.#committers.values()].map((committer) => () => committer.close()),
      ...[...this.#states.values()].map(
        ({ keyed }) =>
          async () =>
            keyed.store.close?.(),
      ),
    ];
    const errors: unknown[] = [];
    for (const close of closing) await close().catch((error: unknown) => errors.push(error));
    this.#moveAll(end);
    if (errors.length > 0 && end === 'FINISHED') throw errors[0];
  }

  // opening

  async #createStates(node: StreamNode, operator: OperatorMetadata | undefined, point: RestorePoint | undefined): Promise<void> {
    const maxParallelism = maxParallelismOf(node, this.graph);
    const restored = operator && point && restoredStates(operator, point.metadata.checkpointId, node, maxParallelism);
    const goesOn = point?.isIncremental === true && operator?.subtasks.length === node.parallelism;
    for (const subtask of this.#subtasks.filter((each) => each.node === node)) {
      const groupOf = (keyId: string): number => keyGroupOfId(keyId, maxParallelism);
      const store = isKeyed(node)
        ? await this.stateBackend.createStore({ operator: uidOf(node), subtask: subtask.index, groupOf })
        : undefined;
      const clock = (): number => this.#clock.currentProcessingTime();
      const state = new SubtaskState({ clock, maxParallelism, store, restored: restored?.[subtask.index] });
      this.#states.set(subtask, state);
      const ledger = goesOn ? operator?.subtasks[subtask.index].ledger : undefined;
      this.#snapshots.set(subtask, new SubtaskSnapshots(uidOf(node), subtask.index, state, maxParallelism, ledger));
    }
  }

  async #restore(point: RestorePoint): Promise<void> {
    const operators = new Map<string, OperatorRestore>();
    for (const node of this.graph.nodes) {
      const operator = operatorOf(node, point);
      if (operator === undefined) continue;
      const states = this.#subtasks.filter((each) => each.node === node).map((subtask) => this.#states.get(subtask) as SubtaskState);
      operators.set(operator.uid, new OperatorRestore(operator, states, maxParallelismOf(node, this.graph)));
    }
    await applySegments(point.segments(), operators, () => this.#settle());
  }

  async #openCommitters(point: RestorePoint | undefined): Promise<void> {
    for (const node of this.graph.nodes) {
      if (node.kind !== 'oneInput' || node.committer === undefined) continue;
      const committer = new SinkCommitter(node.committer(), operatorOf(node, point)?.prepared ?? []);
      this.#committers.set(node, committer);
      await committer.commitUpTo(Infinity, true);
    }
  }

  async #openSink(sink: SinkTask, point: RestorePoint | undefined): Promise<void> {
    const { node, index } = sink.subtask;
    const before = operatorOf(node, point)?.subtasks ?? [];
    const states = before.map(({ writerState = [] }) => writerState);
    const own = before.length === node.parallelism ? states[index] : evenShare(states.flat(), index, node.parallelism);
    await sink.open(own, point?.metadata.checkpointId);
  }

  async #openSource(source: SourceTask, point: RestorePoint | undefined): Promise<void> {
    const operator = operatorOf(source.subtask.node, point);
    const splits = operator?.subtasks.flatMap(({ splits: read = [] }) => read);
    const watermarkInterval = this.graph.autoWatermarkInterval;
    await source.open({ clock: this.#clock, watermarkInterval, splits, alignmentGroup: (name) => this.#alignmentGroup(name) });
  }

  #alignmentGroup(name: string): WatermarkAlignmentGroup {
    const group = this.#alignmentGroups.get(name) ?? new WatermarkAlignmentGroup();
    this.#alignmentGroups.set(name, group);
    return group;
  }

  // running

  async #runSource(source: SourceTask): Promise<boolean> {
    try {
      const ended = await source.run(this.#stopped, () => this.#afterBatch());
      if (ended && this.#failure === undefined) source.end();
      return ended;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  async #afterBatch(): Promise<void> {
    for (const { operator } of this.#subtasks) if (operator?.available !== undefined) await operator.available();
    for (const sink of this.#sinks.values()) await sink.flush();
    await this.#settle();
  }

  #call(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.fail(error);
    }
  }

  async #settle(): Promise<void> {
    for (const { keyed } of this.#states.values()) if (keyed.store.settle !== undefined) await keyed.store.settle();
  }

  /** The barrier has come on all channels of the subtask. */
  #onBarrier(subtask: Subtask, barrier: CheckpointBarrier): void {
    const pending = this.#pending;
    if (pending?.barrier !== barrier) return subtask.output.emitBarrier(barrier);
    subtask.operator?.snapshotState({ checkpointId: barrier.id, checkpointTimestamp: barrier.timestamp });
    const snapshot = (this.#snapshots.get(subtask) as SubtaskSnapshots).begin(barrier, pending.write);
    snapshot.catch((error: unknown) => error instanceof SegmentWriteError || this.fail(error));
    const prepared = this.#prepare(subtask, barrier.id, pending.endOfInput);
    pending.acknowledge(subtask, snapshot, prepared);
    subtask.output.emitBarrier(barrier);
  }

  async #prepare(subtask: Subtask, checkpointId: number, endOfInput: boolean): Promise<readonly unknown[] | undefined> {
    const write = await this.#sinks.get(subtask)?.prepare(checkpointId, endOfInput);
    if (write !== undefined) this.#committers.get(subtask.node)?.add(checkpointId, write.committables);
    return write?.state;
  }

  #assemble(parts: ReadonlyMap<Subtask, SubtaskSnapshot>): ExecutionSnapshot {
    const all = [...parts.values()];
    const operators = this.graph.nodes.map((node): OperatorMetadata => {
      const own = this.#subtasks.filter((each) => each.node === node).map((subtask) => parts.get(subtask) as SubtaskSnapshot);
      return {
        uid: uidOf(node),
        name: node.name,
        maxParallelism: maxParallelismOf(node, this.graph),
        subtasks: own.map(({ metadata }) => metadata),
        prepared: this.#committers.get(node)?.prepared ?? [],
      };
    });
    return { operators, oldestNeeded: Math.min(...all.map(({ oldestNeeded }) => oldestNeeded)) };
  }

  /** Tasks that are in a state from which this one follows. */
  #moveAll(state: ExecutionState): void {
    for (const task of this.#tasks.values()) if (task.canMoveTo(state)) task.moveTo(state);
  }
}

function isSource(subtask: Subtask): subtask is Subtask & { readonly node: SourceNode } {
  return subtask.node.kind === 'source';
}

function isSink(subtask: Subtask): subtask is Subtask & { readonly operator: SinkOperator<unknown> } {
  return subtask.operator instanceof SinkOperator;
}

function isKeyed({ inputs }: StreamNode): boolean {
  return inputs.some(({ key }) => key !== undefined);
}

function operatorOf(node: StreamNode, point: RestorePoint | undefined): OperatorMetadata | undefined {
  return point?.metadata.operators.find(({ uid }) => uid === uidOf(node));
}

function sourceMetadata(splits: SubtaskSnapshot['metadata']['splits']): SubtaskSnapshot['metadata'] {
  return { keyedStates: [], operatorState: [], watermark: -Infinity, snapshotables: [], splits };
}
