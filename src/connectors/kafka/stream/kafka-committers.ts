import type { CommitContext, Committer } from '../../../engine/stream/functions/sink.js';
import type { KafkaSettings } from '../connection.js';
import { RecordSender } from '../record-sender.js';
import { ForeignWriterError, type TransactionalTopics } from '../transactional-topics.js';
import type { PreparedRecords } from './kafka-writers.js';

/** A transaction for each checkpoint, which also says which checkpoint it was. */
export class TransactionalCommitter implements Committer<PreparedRecords> {
  constructor(private readonly topics: TransactionalTopics) {}

  /** @throws ForeignWriterError when the topics hold what no checkpoint of this program can have written */
  async commit(committables: readonly PreparedRecords[], { checkpointId, restored }: CommitContext): Promise<void> {
    const records = committables.flatMap((prepared) => prepared.records);
    const incarnation = committables.find((prepared) => prepared.incarnation !== undefined)?.incarnation;
    if (incarnation === undefined) throw new Error('no writer of the sink knows which program it belongs to');
    const found = await this.topics.takeOver();
    if (found !== undefined && found.incarnation !== incarnation) {
      if (committables.some(({ goesOn }) => goesOn))
        throw new ForeignWriterError(`the sink's transactional id was taken over by another program, at its checkpoint ${found.number}`);
    } else if (found !== undefined && found.number >= checkpointId) {
      if (restored) return;
      throw new ForeignWriterError(
        `the topics are ahead of the program: checkpoint ${found.number} is in them, and ${checkpointId} is to be written`,
      );
    }
    if (records.length > 0) await this.topics.commit(records, { number: checkpointId, incarnation });
  }

  async close(): Promise<void> {
    await this.topics.close();
  }
}

/** At most once: what may be there already is left out. */
export class PlainCommitter implements Committer<PreparedRecords> {
  readonly #sender: RecordSender;

  constructor(settings: KafkaSettings) {
    // What fails is not tried again: it may be there.
    this.#sender = new RecordSender(settings, 0);
  }

  async commit(committables: readonly PreparedRecords[], { restored }: CommitContext): Promise<void> {
    if (!restored) await this.#sender.send(committables.flatMap(({ records }) => records));
  }

  async close(): Promise<void> {
    await this.#sender.close();
  }
}
