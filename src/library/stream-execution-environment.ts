import { CollectionSource } from '../connectors/collection/collection-source.js';
import { PrintSink } from '../connectors/collection/print-sink.js';
import { type TextFileOptions, TextFileSource } from '../connectors/file/text-file-source.js';
import { FileSystemCheckpointStorage } from '../storage/stream/file-system-checkpoint-storage.js';
import { DataStream, type SingleOutputStream } from '../engine/stream/index.js';
import type { Source, SourceReader } from '../engine/stream/functions/source.js';
import { MAX_MAX_PARALLELISM } from '../engine/state/key-group-range-assignment.js';
import { drawGraph, type GraphKind } from '../engine/stream/graph/draw.js';
import { executionPlanOf } from '../engine/stream/graph/execution-plan.js';
import { type ProgramHost, StreamGraph } from '../engine/stream/graph/stream-graph.js';
import type { WatermarkStrategy } from '../engine/time/watermark-strategy.js';
import type { StateBackend } from '../runtime/ports/state-backend.js';
import { CheckpointConfig, type CheckpointingMode } from '../runtime/stream/checkpoint/checkpoint-config.js';
import type { JobClient, JobExecutionResult, SavepointTarget } from '../runtime/stream/job/job-client.js';
import { type JobSettings, startLocally } from '../runtime/stream/job/job-master.js';
import type { RestartStrategyFactory } from '../runtime/stream/job/restart-strategies.js';

/**
 * Where a stream program begins and is run (Flink's class of this name). Programs run in this process, in
 * one thread; a program of bounded sources ends, after a watermark above all times.
 */
export class StreamExecutionEnvironment {
  readonly #graph: StreamGraph;
  readonly #checkpoints = new CheckpointConfig();
  #restartStrategy: RestartStrategyFactory | undefined;
  #stateBackend: StateBackend | undefined;
  #savepoint: JobSettings['savepoint'];

  private constructor(parallelism: number) {
    const host: ProgramHost = {
      printSink: (graph) => new PrintSink((text) => process.stdout.write(text), graph.parallelism),
      execute: (_graph, jobName) => this.execute(jobName),
    };
    this.#graph = new StreamGraph(host, parallelism);
  }

  static getExecutionEnvironment(): StreamExecutionEnvironment {
    return new StreamExecutionEnvironment(1);
  }

  /** @param parallelism subtasks of each operator */
  static createLocalEnvironment(parallelism = 1): StreamExecutionEnvironment {
    return new StreamExecutionEnvironment(1).setParallelism(parallelism);
  }

  /** For operators that are made from now on. */
  setParallelism(parallelism: number): this {
    this.#graph.checkParallelism(parallelism);
    this.#graph.parallelism = parallelism;
    return this;
  }

  /** Key groups of keyed state: as many subtasks can there ever be. To be the same wherever a program goes on from a checkpoint. */
  setMaxParallelism(maxParallelism: number): this {
    if (!Number.isInteger(maxParallelism) || maxParallelism < 1 || maxParallelism > MAX_MAX_PARALLELISM)
      throw new RangeError(`the maximum parallelism must be a whole number from 1 to ${MAX_MAX_PARALLELISM}: ${maxParallelism}`);
    this.#graph.maxParallelism = maxParallelism;
    return this;
  }

  /** @param ms of processing time between two periodic watermarks; 0: none are made */
  setAutoWatermarkInterval(ms: number): this {
    this.#graph.autoWatermarkInterval = ms;
    return this;
  }

  /**
   * From now on the program goes on from its last checkpoint when it fails, or is started again with the same storage.
   * @param interval ms between the beginnings of two checkpoints
   */
  enableCheckpointing(interval: number, mode: CheckpointingMode = 'EXACTLY_ONCE'): this {
    this.#checkpoints.setCheckpointInterval(interval).setCheckpointingMode(mode);
    return this;
  }

  getCheckpointConfig(): CheckpointConfig {
    return this.#checkpoints;
  }

  setRestartStrategy(strategy: RestartStrategyFactory): this {
    this.#restartStrategy = strategy;
    return this;
  }

  /** Where keyed state stands; in memory by default. */
  setStateBackend(backend: StateBackend): this {
    this.#stateBackend = backend;
    return this;
  }

  /**
   * The program begins with a savepoint, unless it has checkpoints of its own to go on from.
   * @param allowNonRestoredState go on without the state of operators that the program no longer has
   */
  fromSavepoint(savepoint: SavepointTarget, { allowNonRestoredState = false } = {}): this {
    const storage = typeof savepoint === 'string' ? new FileSystemCheckpointStorage(savepoint) : savepoint;
    this.#savepoint = { storage, allowNonRestoredState };
    return this;
  }

  fromElements<T>(...elements: readonly T[]): SingleOutputStream<T> {
    return this.fromCollection(elements);
  }

  fromCollection<T>(elements: Iterable<T>): SingleOutputStream<T> {
    return this.#source('collection', () => new CollectionSource(elements), undefined, 1);
  }

  /** The lines of a file, or of all files in a folder; with `monitorInterval` (ms) also of those that come into it later. */
  readTextFile(path: string, options: TextFileOptions = {}): SingleOutputStream<string> {
    return this.#source('text file', () => new TextFileSource(path, options), undefined, 1);
  }

  /** A source, or what makes readers of your own; each subtask has one. Watermarks are made for each split that records name. */
  fromSource<T>(source: Source<T> | (() => SourceReader<T>), strategy?: WatermarkStrategy<T>, name = 'source'): SingleOutputStream<T> {
    return this.#source(name, typeof source === 'function' ? source : () => source.createReader(), strategy);
  }

  /**
   * What was built, as JSON: `nodes` are the operators in the shape of Flink's execution plan, `job_graph` their chains,
   * `execution_graph` the chains' subtasks with their slots and key groups.
   */
  getExecutionPlan(): string {
    return executionPlanOf(this.#graph);
  }

  /** One of the program's three graphs as a Mermaid diagram: operators, their chains, or the chains' subtasks. */
  drawExecutionPlan(graph: GraphKind = 'job'): string {
    return drawGraph(this.#graph, graph);
  }

  /** Runs all that was built so far; resolves at the end. @throws JobExecutionError with what an operator threw as cause */
  execute(jobName = 'stream program'): Promise<JobExecutionResult> {
    return this.executeAsync(jobName).result;
  }

  /** Starts what was built; the client waits for it or ends it. */
  executeAsync(jobName = 'stream program'): JobClient {
    return startLocally(this.#graph, jobName, {
      checkpoints: this.#checkpoints,
      restartStrategy: this.#restartStrategy,
      stateBackend: this.#stateBackend,
      savepoint: this.#savepoint,
      savepointStorage: (folder) => new FileSystemCheckpointStorage(folder),
    });
  }

  #source<T>(name: string, reader: () => SourceReader<T>, strategy?: WatermarkStrategy<T>, parallelism?: number): SingleOutputStream<T> {
    const node = this.#graph.add({
      kind: 'source',
      name,
      inputs: [],
      reader,
      strategy: strategy as WatermarkStrategy<unknown> | undefined,
      ...(parallelism !== undefined && { parallelism }),
    });
    return DataStream.of<T>(this.#graph, node);
  }
}
