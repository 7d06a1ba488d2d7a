/**
 * What operators of a stream program keep (Flink's StreamOperator). Elements, watermarks and statuses come
 * one at a time, in order; nothing here waits or does I/O. The rules' own operators keep operator.ts.
 */
import type { KeyedStateBackend } from '../state/keyed/keyed-state-backend.js';
import { InternalTimerService, type Namespace, type Triggerable } from '../time/internal-timer-service.js';
import type { ProcessingTimeService } from '../time/processing-time-service.js';
import type { WatermarkSink, WatermarkStatus } from '../time/watermark.js';
import { SubtaskState } from './subtask-state.js';

/** Names a side output; equal by id. */
export class OutputTag<T> {
  /** Only for the type. */
  declare readonly of: T;

  constructor(readonly id: string) {}
}

/** Where an operator's results go. `timestamp` is epoch ms, undefined for an element without time. */
export interface Output<OUT> extends WatermarkSink {
  collect(value: OUT, timestamp: number | undefined): void;
  collectSide<X>(tag: OutputTag<X>, value: X, timestamp: number | undefined): void;
}

/** Runs a call between two elements; what it throws fails the program (Flink's MailboxExecutor). */
export type MailboxExecutor = (call: () => void) => void;

/** What an operator gets when it is opened. */
export interface OperatorContext<OUT> {
  readonly output: Output<OUT>;
  readonly processingTime: ProcessingTimeService;
  /** Which of `parallelism` like operators this one is, from 0. */
  readonly subtask: number;
  readonly parallelism: number;
  /** For what comes from outside, such as the answer to a request. Absent: it is called at once. */
  readonly mailbox?: MailboxExecutor;
  /** What is kept in checkpoints; an operator that nobody checkpoints makes its own. */
  readonly state?: SubtaskState;
}

/** The checkpoint that is being made. */
export interface SnapshotContext {
  readonly checkpointId: number;
  /** When it was begun, epoch ms. */
  readonly checkpointTimestamp: number;
}

export interface StreamOperator<OUT> {
  /** With the state of the checkpoint, when the program goes on from one. */
  open(context: OperatorContext<OUT>): void;
  /** At a checkpoint's barrier, before the state is read: what is held elsewhere is put into it. */
  snapshotState(context: SnapshotContext): void;
  /** Resolves when it can take more elements; awaited before sources are read further. */
  available?(): Promise<void>;
  /** Resolves when nothing is under way any more; awaited before `finish`. */
  drained?(): Promise<void>;
  /** All input has been processed; the last results may be given. */
  finish(): void;
  close(): void;
}

export interface OneInputStreamOperator<IN, OUT> extends StreamOperator<OUT> {
  /** The key comes with the element when the stream is keyed. */
  processElement(value: IN, timestamp: number | undefined, key?: unknown): void;
  processWatermark(time: number): void;
  processWatermarkStatus(status: WatermarkStatus): void;
}

export interface TwoInputStreamOperator<IN1, IN2, OUT> extends StreamOperator<OUT> {
  processElement1(value: IN1, timestamp: number | undefined, key?: unknown): void;
  processElement2(value: IN2, timestamp: number | undefined, key?: unknown): void;
  processWatermark(time: number): void;
  processWatermarkStatus(status: WatermarkStatus): void;
}

/** What most operators share: they pass watermarks on, and have state and timers when the stream is keyed. */
export abstract class AbstractStreamOperator<OUT> implements StreamOperator<OUT> {
  protected context!: OperatorContext<OUT>;
  protected state!: SubtaskState;
  readonly #timerServices: InternalTimerService[] = [];

  open(context: OperatorContext<OUT>): void {
    this.context = context;
    this.state = context.state ?? new SubtaskState({ clock: () => context.processingTime.currentProcessingTime() });
  }

  snapshotState(_context: SnapshotContext): void {}
  finish(): void {}
  close(): void {}

  /** Timers that are due fire before the watermark goes on. */
  processWatermark(time: number): void {
    if (time > this.state.watermark) this.state.watermark = time;
    for (const timers of this.#timerServices) timers.advanceWatermark(time);
    this.context.output.emitWatermark(time);
  }

  processWatermarkStatus(status: WatermarkStatus): void {
    this.context.output.emitWatermarkStatus(status);
  }

  protected get output(): Output<OUT> {
    return this.context.output;
  }

  protected get keyedState(): KeyedStateBackend {
    return this.state.keyed;
  }

  /** @param namespaceOf the namespace of an id, for timers of a checkpoint; those of a key alone need none */
  protected timerService<N extends Namespace>(target: Triggerable<N>, namespaceOf?: (id: string) => N): InternalTimerService<N> {
    const service = new InternalTimerService<N>(this.keyedState, this.context.processingTime, target, {
      event: this.state.timers('event'),
      processing: this.state.timers('processing'),
      namespaceOf,
      watermark: this.state.watermark,
    });
    this.#timerServices.push(service as unknown as InternalTimerService);
    return service;
  }
}
