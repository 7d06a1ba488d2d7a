import type { MailboxExecutor, Output, OutputTag } from '../../engine/operator/stream-operator.js';
import type { SubtaskState } from '../../engine/operator/subtask-state.js';
import type { AnyOneInput, AnyTwoInput, StreamNode } from '../../engine/stream/graph/stream-graph.js';
import type { ProcessingTimeService } from '../../engine/time/processing-time-service.js';
import { StatusWatermarkValve } from '../../engine/time/status-watermark-valve.js';
import { WatermarkEmitter, type WatermarkSink, type WatermarkStatus } from '../../engine/time/watermark.js';
import { WatermarkOutputMultiplexer } from '../../engine/time/watermark-output-multiplexer.js';
import { BarrierAligner, type CheckpointBarrier } from './barrier-aligner.js';
import type { Route } from './partitioning.js';

/** A way from one subtask to those of a following operator. */
export interface OutputEdge {
  readonly side: string | undefined;
  readonly input: 0 | 1;
  readonly key: ((value: unknown) => unknown) | undefined;
  readonly route: Route;
  /** By target index; undefined for those that it cannot reach. */
  readonly targets: readonly (Channel | undefined)[];
}

/** One of the channels of a subtask's input. */
export interface Channel {
  readonly subtask: Subtask;
  readonly channel: number;
}

const INPUTS = ['0', '1'] as const;

/** What a subtask gets when it is opened. */
export interface SubtaskContext {
  readonly processingTime: ProcessingTimeService;
  readonly state: SubtaskState;
  readonly mailbox: MailboxExecutor;
  /** The barrier of a checkpoint has come on all channels; it is not handed on yet. */
  readonly onBarrier: (barrier: CheckpointBarrier) => void;
}

/** One of the parallel instances of an operator, with its inputs and outputs. */
export class Subtask {
  readonly edges: OutputEdge[] = [];
  readonly output: EdgeOutput;
  readonly operator: AnyOneInput | AnyTwoInput | undefined;
  readonly #channels: [number, number] = [0, 0];
  #valves: readonly StatusWatermarkValve[] = [];
  #aligner!: BarrierAligner;

  constructor(
    readonly node: StreamNode,
    readonly index: number,
  ) {
    this.operator = node.kind === 'source' ? undefined : node.operator();
    this.output = new EdgeOutput(this.edges);
  }

  /** A new channel of an input; all are made before `open`. */
  addChannel(input: 0 | 1): number {
    return this.#channels[input]++;
  }

  open({ onBarrier, ...context }: SubtaskContext): void {
    this.#valves = this.#createValves();
    this.#aligner = new BarrierAligner(this.#channels[0] + this.#channels[1], onBarrier);
    this.operator?.open({ ...context, output: this.output, subtask: this.index, parallelism: this.node.parallelism });
  }

  processElement(input: 0 | 1, channel: number, value: unknown, timestamp: number | undefined, key: unknown): void {
    if (this.#isBlocked(input, channel)) return this.#aligner.defer(() => this.#process(input, value, timestamp, key));
    this.#process(input, value, timestamp, key);
  }

  processWatermark(input: 0 | 1, channel: number, time: number): void {
    if (this.#isBlocked(input, channel)) return this.#aligner.defer(() => this.processWatermark(input, channel, time));
    this.#valves[input].inputWatermark(channel, time);
  }

  processWatermarkStatus(input: 0 | 1, channel: number, status: WatermarkStatus): void {
    if (this.#isBlocked(input, channel)) return this.#aligner.defer(() => this.processWatermarkStatus(input, channel, status));
    this.#valves[input].inputWatermarkStatus(channel, status);
  }

  processBarrier(input: 0 | 1, channel: number, barrier: CheckpointBarrier): void {
    this.#aligner.processBarrier(this.#indexOf(input, channel), barrier);
  }

  #isBlocked(input: 0 | 1, channel: number): boolean {
    return this.#aligner.isBlocked(this.#indexOf(input, channel));
  }

  #indexOf(input: 0 | 1, channel: number): number {
    return input === 0 ? channel : this.#channels[0] + channel;
  }

  #process(input: 0 | 1, value: unknown, timestamp: number | undefined, key: unknown): void {
    if (this.node.kind === 'oneInput') (this.operator as AnyOneInput).processElement(value, timestamp, key);
    else if (input === 0) (this.operator as AnyTwoInput).processElement1(value, timestamp, key);
    else (this.operator as AnyTwoInput).processElement2(value, timestamp, key);
  }

  /** Each input has a valve over its channels; two inputs are combined as the splits of a source are. */
  #createValves(): StatusWatermarkValve[] {
    const operator = this.operator;
    if (operator === undefined) return [];
    const toOperator: WatermarkSink = {
      emitWatermark: (time) => operator.processWatermark(time),
      emitWatermarkStatus: (status) => operator.processWatermarkStatus(status),
    };
    if (this.node.kind === 'oneInput') return [new StatusWatermarkValve(this.#channels[0], toOperator)];
    const both = new WatermarkOutputMultiplexer(new WatermarkEmitter(toOperator));
    for (const input of INPUTS) both.register(input);
    return INPUTS.map((input, index) => new StatusWatermarkValve(this.#channels[index], intoMultiplexer(both, input)));
  }
}

function intoMultiplexer(both: WatermarkOutputMultiplexer, input: string): WatermarkSink {
  const output = both.immediateOutput(input);
  return {
    emitWatermark: (time) => output.emitWatermark(time),
    emitWatermarkStatus: (status) => (status === 'idle' ? output.markIdle() : output.markActive()),
  };
}

/** Hands elements and watermarks to the next subtasks at once: operators of one thread are one chain of calls. */
export class EdgeOutput implements Output<unknown> {
  constructor(private readonly edges: readonly OutputEdge[]) {}

  collect(value: unknown, timestamp: number | undefined): void {
    this.#send(undefined, value, timestamp);
  }

  collectSide<X>(tag: OutputTag<X>, value: X, timestamp: number | undefined): void {
    this.#send(tag.id, value, timestamp);
  }

  emitWatermark(time: number): void {
    for (const { input, targets } of this.edges) {
      for (const target of targets) target?.subtask.processWatermark(input, target.channel, time);
    }
  }

  emitWatermarkStatus(status: WatermarkStatus): void {
    for (const { input, targets } of this.edges) {
      for (const target of targets) target?.subtask.processWatermarkStatus(input, target.channel, status);
    }
  }

  emitBarrier(barrier: CheckpointBarrier): void {
    for (const { input, targets } of this.edges) {
      for (const target of targets) target?.subtask.processBarrier(input, target.channel, barrier);
    }
  }

  #send(side: string | undefined, value: unknown, timestamp: number | undefined): void {
    for (const edge of this.edges) {
      if (edge.side !== side) continue;
      const key = edge.key?.(value);
      for (const index of edge.route(value, key)) {
        const target = edge.targets[index];
        target?.subtask.processElement(edge.input, target.channel, value, timestamp, key);
      }
    }
  }
}
