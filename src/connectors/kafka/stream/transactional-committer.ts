import type { CommitContext, Committer } from '../../../engine/stream/functions/sink.js';
import { incarnationOf, isWritten } from '../../delivery/position.js';
import type { Prepared } from '../../delivery/preparing-writer.js';
import type { TopicRecord } from '../transactional-producer.js';
import type { TransactionalTopics } from '../transactional-topics.js';

/** A transaction for each checkpoint, which also says which checkpoint it was. */
export class TransactionalCommitter implements Committer<Prepared<TopicRecord>> {
  constructor(private readonly topics: TransactionalTopics) {}

  /** @throws ForeignWriterError when the topics hold what no checkpoint of this program can have written */
  async commit(committables: readonly Prepared<TopicRecord>[], context: CommitContext): Promise<void> {
    if (isWritten(await this.topics.takeOver(), committables, context)) return;
    const records = committables.flatMap((prepared) => prepared.records);
    const position = { number: context.checkpointId, incarnation: incarnationOf(committables) };
    if (records.length > 0) await this.topics.commit(records, position);
  }

  async close(): Promise<void> {
    await this.topics.close();
  }
}
