import type { SinkWriter, WriterInitContext } from '../../../engine/stream/functions/sink.js';
import type { KafkaSettings } from '../connection.js';
import { RecordSender } from '../record-sender.js';
import type { TopicRecord } from '../transactional-producer.js';

/** What a writer has for a checkpoint's transaction. */
export interface PreparedRecords {
  readonly records: readonly TopicRecord[];
  /** Of the numbering that the program's checkpoints have; a writer that is new does not know it. */
  readonly incarnation?: string;
  /** Whether the program went on from a checkpoint. */
  readonly goesOn: boolean;
}

type RecordOf<T> = (value: T, timestamp: number | undefined) => TopicRecord;

/** Keeps records until a checkpoint takes them. */
export class PreparingWriter<T> implements SinkWriter<T, PreparedRecords, string> {
  #records: TopicRecord[] = [];
  #goesOn = false;

  constructor(
    private readonly recordOf: RecordOf<T>,
    private incarnation: string | undefined,
  ) {}

  async open({ restoredCheckpointId, restoredState }: WriterInitContext<string>): Promise<void> {
    this.#goesOn = restoredCheckpointId !== undefined;
    if (this.#goesOn) [this.incarnation] = restoredState;
  }

  write(value: T, timestamp: number | undefined): void {
    this.#records.push(this.recordOf(value, timestamp));
  }

  async prepareCommit(): Promise<readonly PreparedRecords[]> {
    const records = this.#records;
    this.#records = [];
    return [{ records, goesOn: this.#goesOn, ...(this.incarnation !== undefined && { incarnation: this.incarnation }) }];
  }

  async snapshotState(): Promise<readonly string[]> {
    return this.incarnation === undefined ? [] : [this.incarnation];
  }
}

/** Sends records as they come, each batch before the next is read. */
export class SendingWriter<T> implements SinkWriter<T, PreparedRecords, string> {
  readonly #sender: RecordSender;
  #records: TopicRecord[] = [];

  constructor(
    private readonly recordOf: RecordOf<T>,
    settings: KafkaSettings,
    deliveryTimeout: number,
  ) {
    this.#sender = new RecordSender(settings, deliveryTimeout);
  }

  write(value: T, timestamp: number | undefined): void {
    this.#records.push(this.recordOf(value, timestamp));
  }

  async flush(): Promise<void> {
    if (this.#records.length === 0) return;
    const records = this.#records;
    this.#records = [];
    await this.#sender.send(records);
  }

  async close(): Promise<void> {
    await this.#sender.close();
  }
}
