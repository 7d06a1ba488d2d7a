import { type Committer, type Sink, type SinkWriter, StreamExecutionEnvironment, SuppressRestartsError } from 'tripline';

/** Writes into a list what has been committed. */
class ListSink implements Sink<number, readonly number[]> {
  readonly committed: number[] = [];
  readonly calls: string[] = [];

  createWriter(): SinkWriter<number, readonly number[]> {
    let written: number[] = [];
    return {
      write: (value) => void written.push(value),
      flush: async (endOfInput) => void (endOfInput && this.calls.push('flush')),
      prepareCommit: async () => {
        this.calls.push('prepareCommit');
        const committable = written;
        written = [];
        return [committable];
      },
      finish: async () => void this.calls.push('finish'),
    };
  }

  createCommitter(): Committer<readonly number[]> {
    return {
      commit: async (committables) => {
        this.calls.push('commit');
        this.committed.push(...committables.flat());
      },
    };
  }
}

describe('a sink in two phases', () => {
  it('commits at the end what all its writers have prepared', async () => {
    const sink = new ListSink();
    const env = StreamExecutionEnvironment.createLocalEnvironment(2);
    env.fromElements(1, 2, 3).rebalance().sinkTo(sink);
    await env.execute();
    expect(sink.committed.sort()).toEqual([1, 2, 3]);
    expect(sink.calls).toEqual(['flush', 'prepareCommit', 'flush', 'prepareCommit', 'commit', 'finish', 'finish']);
  });

  it('commits nothing of a program that fails', async () => {
    const sink = new ListSink();
    const env = StreamExecutionEnvironment.createLocalEnvironment();
    env
      .fromElements(1, 2)
      .map((n) => {
        if (n === 2) throw new Error('broken');
        return n;
      })
      .sinkTo(sink);
    await expect(env.execute()).rejects.toThrow('broken');
    expect(sink.calls).toEqual([]);
  });

  it('that another start would not mend fails the program at once', async () => {
    let commits = 0;
    const sink: Sink<number, number> = {
      createWriter: () => ({ write: () => {}, prepareCommit: async () => [1] }),
      createCommitter: () => ({
        commit: async () => {
          commits++;
          throw new SuppressRestartsError("the target is another program's");
        },
      }),
    };
    const env = StreamExecutionEnvironment.createLocalEnvironment().enableCheckpointing(10);
    env.fromElements(1).sinkTo(sink);
    await expect(env.execute()).rejects.toThrow("another program's");
    expect(commits).toBe(1);
  });
});
