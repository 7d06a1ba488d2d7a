import { AbstractStreamOperator, type OneInputStreamOperator } from '../../operator/stream-operator.js';
import type { SinkWriter } from '../functions/sink.js';

/** The end of a stream. What its writer holds back, whoever runs the program flushes. */
export class SinkOperator<T> extends AbstractStreamOperator<never> implements OneInputStreamOperator<T, never> {
  #held: { readonly value: T; readonly timestamp: number | undefined }[] | undefined;

  constructor(readonly writer: SinkWriter<T>) {
    super();
  }

  processElement(value: T, timestamp: number | undefined): void {
    if (this.#held === undefined) this.writer.write(value, timestamp);
    else this.#held.push({ value, timestamp });
  }

  /** Elements wait from now on: they are behind the barrier of a checkpoint whose writer is still preparing. */
  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { value, timestamp } of held) this.writer.write(value, timestamp);
  }
}
