/** Runs a stream graph in this thread: every operator as many times as its parallelism says. */
import { SinkOperator } from '../../engine/stream/operators/sink-operator.js';
import type { SourceReader, SourceRecord } from '../../engine/stream/functions/source.js';
import type { StreamGraph, StreamNode } from '../../engine/stream/graph/stream-graph.js';
import type { ProcessingTimeService } from '../../engine/time/processing-time-service.js';
import { SourceWatermarks } from '../../engine/time/source-watermarks.js';
import { WatermarkStrategy } from '../../engine/time/watermark-strategy.js';
import { routingOf } from './partitioning.js';
import { Subtask } from './subtask.js';
import { SystemProcessingTime } from './system-processing-time.js';

const NO_SPLIT = '';

/** Where a program's failure happened. */
export class JobExecutionError extends Error {
  constructor(job: string, cause: unknown) {
    super(`job "${job}" failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'JobExecutionError';
  }
}

export interface JobExecutionResult {
  readonly jobName: string;
  /** ms from start to end. */
  readonly runtimeMs: number;
}

/** A running program. */
export interface JobClient {
  /** Resolves when all sources have ended and all results are out. @throws JobExecutionError */
  readonly result: Promise<JobExecutionResult>;
  /** Ends it without a final watermark. */
  cancel(): Promise<void>;
}

export function startLocally(graph: StreamGraph, jobName: string): JobClient {
  const execution = new LocalExecution(graph);
  const started = Date.now();
  const result = execution.run().then(
    () => ({ jobName, runtimeMs: Date.now() - started }),
    (error: unknown) => {
      throw new JobExecutionError(jobName, error);
    },
  );
  const cancel = async (): Promise<void> => {
    execution.cancel();
    await result;
  };
  return { result, cancel };
}

class LocalExecution {
  readonly #subtasks: readonly Subtask[];
  readonly #sinks: SinkOperator<unknown>[] = [];
  readonly #clock: SystemProcessingTime;
  readonly #stopped: Promise<'stopped'>;
  #stop!: (reason: 'stopped') => void;
  #cancelled = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(private readonly graph: StreamGraph) {
    this.#subtasks = connect(graph);
    for (const { operator } of this.#subtasks) if (operator instanceof SinkOperator) this.#sinks.push(operator);
    this.#stopped = new Promise((resolve) => (this.#stop = resolve));
    this.#clock = new SystemProcessingTime((error) => this.#fail(error));
  }

  cancel(): void {
    this.#cancelled = true;
    this.#stop('stopped');
  }

  async run(): Promise<void> {
    try {
      for (const subtask of this.#subtasks) {
        if (subtask.operator instanceof SinkOperator)
          await subtask.operator.writer.open?.({ subtask: subtask.index, parallelism: subtask.node.parallelism, restoredState: [] });
      }
      // Receivers first: what an operator gives in `open` has somewhere to go.
      for (const subtask of this.#subtasks.toReversed()) subtask.open(this.#clock);
      await Promise.all(this.#subtasks.filter(({ node }) => node.kind === 'source').map((subtask) => this.#runSource(subtask)));
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#cancelled) return;
      this.#finish();
      await this.#flush(true);
      await this.#commit();
      for (const { writer } of this.#sinks) await writer.finish?.();
    } finally {
      await this.#close();
    }
  }

  /** Inputs before outputs. */
  #finish(): void {
    this.#clock.quiesce();
    for (const { operator } of this.#subtasks) operator?.finish();
  }

  async #close(): Promise<void> {
    this.#clock.quiesce();
    for (const { operator } of this.#subtasks) operator?.close();
    for (const { writer } of this.#sinks) await writer.close?.();
  }

  async #runSource(subtask: Subtask): Promise<void> {
    const { node } = subtask as Subtask & { node: StreamNode & { kind: 'source' } };
    const reader = node.reader();
    const source = new SourceOutput(subtask, node.strategy, this.graph.autoWatermarkInterval, this.#clock);
    try {
      await reader.open?.(subtask.index, node.parallelism);
      for (let batch = await this.#poll(reader); batch !== undefined; batch = await this.#poll(reader)) {
        for (const record of batch) source.emit(record);
        await this.#flush();
      }
      if (!this.#cancelled && this.#failure === undefined) source.end();
    } catch (error) {
      this.#fail(error);
    } finally {
      await reader.close?.();
    }
  }

  /** Undefined at the end, and when the program is stopped meanwhile. */
  async #poll(reader: SourceReader<unknown>): Promise<readonly SourceRecord<unknown>[] | undefined> {
    if (this.#cancelled || this.#failure !== undefined) return undefined;
    const batch = await Promise.race([reader.poll(), this.#stopped]);
    return batch === 'stopped' ? undefined : batch;
  }

  async #flush(endOfInput = false): Promise<void> {
    for (const { writer } of this.#sinks) await writer.flush?.(endOfInput);
  }

  /** At the end: what all writers of a sink have prepared, together. */
  async #commit(): Promise<void> {
    for (const node of this.graph.nodes) {
      if (node.kind !== 'oneInput') continue;
      const committables: unknown[] = [];
      for (const { operator } of this.#subtasks.filter((subtask) => subtask.node === node)) {
        if (operator instanceof SinkOperator) committables.push(...((await operator.writer.prepareCommit?.()) ?? []));
      }
      const committer = node.committer?.();
      if (committables.length > 0) await committer?.commit(committables, { checkpointId: 1, restored: false });
      await committer?.close?.();
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop('stopped');
  }
}

/** Times and watermarks of a source's records. Splits are known from the records that come from them. */
class SourceOutput {
  readonly #watermarks: SourceWatermarks<unknown>;
  readonly #splits = new Set<string>();

  constructor(
    private readonly subtask: Subtask,
    private readonly strategy: WatermarkStrategy<unknown> | undefined,
    interval: number,
    clock: ProcessingTimeService,
  ) {
    this.#watermarks = new SourceWatermarks(
      strategy ?? WatermarkStrategy.noWatermarks(),
      strategy === undefined ? 0 : interval,
      clock,
      subtask.output,
    );
  }

  emit({ value, timestamp, split = NO_SPLIT }: SourceRecord<unknown>): void {
    if (this.strategy === undefined) return this.subtask.output.collect(value, timestamp);
    if (!this.#splits.has(split)) {
      this.#splits.add(split);
      this.#watermarks.addSplit(split);
    }
    const time = this.#watermarks.extractTimestamp(value, timestamp);
    this.subtask.output.collect(value, time);
    this.#watermarks.onEvent(split, value, time);
  }

  end(): void {
    this.#watermarks.finish();
  }
}

/** The graph's operators by parallelism, joined by channels; inputs before outputs. */
function connect(graph: StreamGraph): Subtask[] {
  const byNode = new Map<StreamNode, Subtask[]>();
  for (const node of graph.nodes) {
    const subtasks = Array.from({ length: node.parallelism }, (_, index) => new Subtask(node, index));
    byNode.set(node, subtasks);
    for (const { from, side, input, key, partitioner } of node.inputs) {
      const senders = byNode.get(from) as Subtask[];
      for (const sender of senders) {
        const context = {
          subtask: sender.index,
          parallelism: senders.length,
          targets: subtasks.length,
          maxParallelism: node.maxParallelism ?? graph.maxParallelism,
        };
        const { reachable, route } = routingOf(partitioner, context);
        const targets = subtasks.map((subtask, index) =>
          reachable.includes(index) ? { subtask, channel: subtask.addChannel(input) } : undefined,
        );
        sender.edges.push({ side, input, key, route, targets });
      }
    }
  }
  return [...byNode.values()].flat();
}
