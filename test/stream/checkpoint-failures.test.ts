import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CheckpointStorage,
  type Committer,
  FileSystemCheckpointStorage,
  type JobStatus,
  MemoryCheckpointStorage,
  RestartStrategies,
  type Sink,
  type SinkWriter,
  StreamExecutionEnvironment,
} from 'tripline';
import { Script, type Step } from './support/script-source.js';

/** Sums per key of numbers, by remainder. */
function program(steps: readonly Step<number>[], storage: CheckpointStorage | undefined, poison?: number) {
  const env = StreamExecutionEnvironment.createLocalEnvironment();
  env.enableCheckpointing(10).setRestartStrategy(RestartStrategies.fixedDelayRestart(3, 1));
  if (storage !== undefined) env.getCheckpointConfig().setCheckpointStorage(storage);
  const stream = env
    .fromSource(new Script(steps).reader)
    .map((value) => {
      if (value === poison) throw new RangeError(`cannot work on ${value}`);
      return { key: value % 3, value };
    })
    .keyBy('key')
    .sum('value')
    .map(({ value }) => value);
  return { env, stream };
}

const SUMS = [0, 1, 2, 3, 5, 7];

/** Takes what is committed, once. */
class OnceSink implements Sink<number, readonly number[]> {
  readonly committed: number[] = [];
  readonly #known = new Set<string>();
  failCommits = 0;
  hangs = false;
  writers = 0;

  createWriter(): SinkWriter<number, readonly number[]> {
    let written: number[] = [];
    const writer = ++this.writers;
    let number = 0;
    return {
      write: (value) => void written.push(value),
      prepareCommit: async () => {
        if (this.hangs) await new Promise(() => {});
        const values = written;
        written = [];
        return values.length === 0 ? [] : [[writer, number++, ...values]];
      },
    };
  }

  createCommitter(): Committer<readonly number[]> {
    return {
      commit: async (committables) => {
        if (this.failCommits-- > 0) throw new Error('cannot commit');
        for (const [writer, number, ...values] of committables) {
          if (this.#known.has(`${writer}/${number}`)) continue;
          this.#known.add(`${writer}/${number}`);
          this.committed.push(...values);
        }
      },
    };
  }
}

/** A storage some of whose calls fail. */
class FailingStorage extends MemoryCheckpointStorage {
  failWrites = 0;
  failCompletes = 0;
  delay = 0;

  override async writeSegment(...args: Parameters<MemoryCheckpointStorage['writeSegment']>): Promise<number> {
    if (this.failWrites-- > 0) throw new Error('no room');
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    return super.writeSegment(...args);
  }

  override async complete(...args: Parameters<MemoryCheckpointStorage['complete']>): Promise<void> {
    if (this.failCompletes-- > 0) throw new Error('not now');
    return super.complete(...args);
  }
}

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'tripline-checkpoints-'))));
afterEach(() => rm(folder, { recursive: true }));

describe('faults', () => {
  it('a poison record fails the program once the restarts are used up; what came before is committed once, and its checkpoint stays', async () => {
    const sink = new OnceSink();
    const storage = new FileSystemCheckpointStorage(folder);
    const { env, stream } = program([[0, 1], 'checkpoint', [2], [3], [4]], storage, 3);
    stream.sinkTo(sink);
    const client = env.executeAsync('poisoned');
    const status: JobStatus[] = [];
    await expect(client.result).rejects.toThrow('job "poisoned" failed: cannot work on 3');
    expect([client.status, client.restarts, ...status]).toEqual(['FAILED', 3]);
    expect(client.tasks.map(({ state }) => state)).toEqual(client.tasks.map(() => 'FAILED'));
    expect(sink.committed).toEqual([0, 1]);
    expect((await readdir(folder)).length).toBeGreaterThan(0);

    // Another program, which can work on it, goes on from there.
    const cured = program([[0, 1], 'checkpoint', [2], [3], [4]], storage);
    cured.stream.sinkTo(sink);
    await cured.env.execute();
    expect(sink.committed.sort()).toEqual([0, 1, 2, 3, 5]);

    // It has ended: started again with the same checkpoints it has nothing to do.
    const again = program([[0, 1], 'checkpoint', [2], [3], [4]], storage);
    again.stream.sinkTo(sink);
    await again.env.execute();
    expect(sink.committed.sort()).toEqual([0, 1, 2, 3, 5]);
  });

  it('without checkpoints there is no restart', async () => {
    const env = StreamExecutionEnvironment.createLocalEnvironment();
    env.fromElements(1).map(() => {
      throw new Error('broken');
    });
    const client = env.executeAsync();
    await expect(client.result).rejects.toThrow('broken');
    expect(client.restarts).toBe(0);
  });

  it('a commit that fails is made again after a restart', async () => {
    const sink = new OnceSink();
    sink.failCommits = 2;
    const { env, stream } = program([[0, 1], 'checkpoint', [2, 3], 'checkpoint', [4, 5, 6]], undefined);
    stream.sinkTo(sink);
    const client = env.executeAsync();
    await client.result;
    expect(client.restarts).toBe(2);
    expect(sink.committed.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 5, 7, 9]);
  });

  it.each([
    ['writing segments', (storage: FailingStorage) => void (storage.failWrites = 2)],
    ['completing', (storage: FailingStorage) => void (storage.failCompletes = 2)],
  ])('failures of %s within what is tolerable: the next checkpoint has what those had gathered', async (_name, prepare) => {
    const storage = new FailingStorage();
    const { env, stream } = program(
      [[0], 'checkpoint', async () => prepare(storage), [1, 2], 'checkpoint', { failOnce: 'broken' }, [3, 4, 5]],
      storage,
    );
    env.getCheckpointConfig().setTolerableCheckpointFailureNumber(2);
    const sink = new OnceSink();
    stream.sinkTo(sink);
    const client = env.executeAsync();
    await client.result;
    expect(sink.committed.sort()).toEqual(SUMS);
    expect(client.checkpointStats.counts).toMatchObject({ failed: 2, restored: 1, inProgress: 0 });
  });

  it('one failure more than tolerable fails the program, which goes on from the former', async () => {
    const storage = new FailingStorage();
    const failures = [3];
    const { env, stream } = program(
      [[0], 'checkpoint', async () => void (storage.failWrites = failures.shift() ?? 0), [1, 2], 'checkpoint', [3, 4, 5]],
      storage,
    );
    env.getCheckpointConfig().setTolerableCheckpointFailureNumber(1);
    const sink = new OnceSink();
    stream.sinkTo(sink);
    const client = env.executeAsync();
    await client.result;
    expect(client.restarts).toBe(1);
    expect(sink.committed.sort()).toEqual(SUMS);
  });

  it('a checkpoint that takes too long has failed', async () => {
    const storage = new FailingStorage();
    storage.delay = 1_000;
    const { env, stream } = program([[0], 'checkpoint'], storage);
    env.setRestartStrategy(RestartStrategies.noRestart());
    env.getCheckpointConfig().setCheckpointTimeout(20);
    stream.sinkTo(new OnceSink());
    await expect(env.execute()).rejects.toThrow(
      '1 checkpoints in a row failed, 0 tolerable: checkpoint 1 expired: it was not complete after 20 ms',
    );
  });

  it('so has one whose sink does not prepare', async () => {
    const { env, stream } = program([[0], 'checkpoint'], undefined);
    env.setRestartStrategy(RestartStrategies.noRestart());
    env.getCheckpointConfig().setCheckpointTimeout(20).setTolerableCheckpointFailureNumber(1);
    const sink = new OnceSink();
    sink.hangs = true;
    stream.sinkTo(sink);
    await expect(env.execute()).rejects.toThrow('2 checkpoints in a row failed');
  });

  it('a value that cannot be written fails the program, and says which', async () => {
    class Account {}
    const env = StreamExecutionEnvironment.createLocalEnvironment();
    env.enableCheckpointing(10).setRestartStrategy(RestartStrategies.noRestart());
    env
      .fromSource(new Script<Account>([[new Account()], 'checkpoint']).reader)
      .keyBy(() => 'k')
      .reduce((a) => a)
      .sinkTo(new OnceSink() as never);
    await expect(env.execute()).rejects.toThrow('state "rolling": a Account is not a plain value: give its state a serializer');
  });

  it('a full disk: the checkpoint fails with a clear error, the former stays', async () => {
    const storage = new FileSystemCheckpointStorage(folder);
    const { env, stream } = program([[0], 'checkpoint', fillUp, [1, 2], 'checkpoint'], storage);
    env.setRestartStrategy(RestartStrategies.noRestart());
    stream.sinkTo(new OnceSink());
    let former: string[] = [];
    /** The next checkpoint's metadata go to a device that is always full. */
    async function fillUp(): Promise<void> {
      former = (await readdir(folder)).filter((name) => name.startsWith('chk-'));
      const next = Math.max(...former.map((name) => Number(name.slice(4)))) + 1;
      for (const id of [next, next + 1]) {
        await mkdir(join(folder, `chk-${id}`), { recursive: true });
        await symlink('/dev/full', join(folder, `chk-${id}`, '_metadata.part'));
      }
    }
    await expect(env.execute()).rejects.toThrow(/there is no room to write _metadata in .*chk-\d+/);
    const kept = await new FileSystemCheckpointStorage(folder).open();
    expect(kept.map(({ id }) => `chk-${id}`)).toEqual(expect.arrayContaining(former.slice(-1)));
  });
});

describe('retention', () => {
  async function cancelled(configure: (env: StreamExecutionEnvironment) => void): Promise<readonly number[]> {
    const storage = new MemoryCheckpointStorage();
    const { env, stream } = program([[0], 'checkpoint', [1], 'checkpoint', [2], 'checkpoint', () => reachedEnd()], storage);
    let arrive!: () => void;
    const reached = new Promise<void>((resolve) => (arrive = resolve));
    const reachedEnd = (): Promise<void> => {
      arrive();
      return new Promise(() => {});
    };
    configure(env);
    stream.sinkTo(new OnceSink());
    const client = env.executeAsync();
    await reached;
    await client.cancel();
    expect(client.status).toBe('CANCELED');
    return (await storage.open()).map(({ id }) => id);
  }

  it('a cancelled program keeps its checkpoints, unless it is told otherwise', async () => {
    expect((await cancelled(() => {})).length).toBeGreaterThan(0);
    expect(await cancelled((env) => env.getCheckpointConfig().setExternalizedCheckpointRetention('DELETE_ON_CANCELLATION'))).toEqual([]);
  });

  it('as many as are to be retained', async () => {
    const ids = await cancelled((env) => env.getCheckpointConfig().setMaxRetainedCheckpoints(3));
    expect(ids.length).toBeGreaterThanOrEqual(3);
  });
});
