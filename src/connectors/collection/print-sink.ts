import type { SinkWriter, WriterInitContext } from '../../engine/stream/functions/sink.js';

/** Writes elements as lines: texts as they are, others as JSON; with several subtasks behind the number of theirs. */
export class PrintSink<T> implements SinkWriter<T> {
  #prefix = '';

  constructor(
    private readonly print: (text: string) => void,
    private readonly parallelism: number,
  ) {}

  async open({ subtask }: WriterInitContext): Promise<void> {
    if (this.parallelism > 1) this.#prefix = `${subtask + 1}> `;
  }

  write(value: T): void {
    this.print(`${this.#prefix}${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
  }
}
