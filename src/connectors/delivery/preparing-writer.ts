import type { SinkWriter, WriterInitContext } from '../../engine/stream/functions/sink.js';

/** What a writer has for a checkpoint, kept in it until it is complete. */
export interface Prepared<R> {
  readonly records: readonly R[];
  /** Of the numbering that the program's checkpoints have; a writer that is new does not know it. */
  readonly incarnation?: string;
  /** Whether the program went on from a checkpoint. */
  readonly goesOn: boolean;
}

/** Keeps records until a checkpoint takes them: for targets that cannot hold what is not committed over a failure. */
export class PreparingWriter<T, R> implements SinkWriter<T, Prepared<R>, string> {
  #records: R[] = [];
  #goesOn = false;

  /** @param incarnation of a program that starts afresh */
  constructor(
    private readonly recordOf: (value: T, timestamp: number | undefined) => R,
    private incarnation: string | undefined,
  ) {}

  async open({ restoredCheckpointId, restoredState }: WriterInitContext<string>): Promise<void> {
    this.#goesOn = restoredCheckpointId !== undefined;
    if (this.#goesOn) [this.incarnation] = restoredState;
  }

  write(value: T, timestamp: number | undefined): void {
    this.#records.push(this.recordOf(value, timestamp));
  }

  async prepareCommit(): Promise<readonly Prepared<R>[]> {
    const records = this.#records;
    this.#records = [];
    return [{ records, goesOn: this.#goesOn, ...(this.incarnation !== undefined && { incarnation: this.incarnation }) }];
  }

  async snapshotState(): Promise<readonly string[]> {
    return this.incarnation === undefined ? [] : [this.incarnation];
  }
}
