import type { CommitContext, Committer } from '../../engine/stream/functions/sink.js';
import type { Prepared } from './preparing-writer.js';
import type { Sender } from './sending-writer.js';

/** Sends what a complete checkpoint holds; what may be there already, after a failure, is left out. */
export class AtMostOnceCommitter<R> implements Committer<Prepared<R>> {
  /** @param sender must not try again: what failed may be there */
  constructor(private readonly sender: Sender<R>) {}

  async commit(committables: readonly Prepared<R>[], { restored }: CommitContext): Promise<void> {
    if (!restored) await this.sender.send(committables.flatMap(({ records }) => records));
  }

  async close(): Promise<void> {
    await this.sender.close();
  }
}
