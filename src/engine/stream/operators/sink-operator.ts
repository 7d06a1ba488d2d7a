import { AbstractStreamOperator, type OneInputStreamOperator } from '../../operator/stream-operator.js';
import type { SinkWriter } from '../functions/sink.js';

/** The end of a stream. What its writer holds back, whoever runs the program flushes. */
export class SinkOperator<T> extends AbstractStreamOperator<never> implements OneInputStreamOperator<T, never> {
  constructor(readonly writer: SinkWriter<T>) {
    super();
  }

  processElement(value: T, timestamp: number | undefined): void {
    this.writer.write(value, timestamp);
  }
}
