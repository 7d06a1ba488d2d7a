import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { FileSink, StreamExecutionEnvironment, TextFileSource } from 'tripline';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tripline-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('text files', () => {
  it('are read line by line, over the parts that they are read in, and from any position on', async () => {
    const path = join(folder, 'lines.txt');
    const line = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replace(/[\r\n]/g, ''));
    const files = fc.record({
      lines: fc.array(line, { minLength: 1, maxLength: 40 }),
      long: fc.nat(70_000),
      crlf: fc.boolean(),
      ended: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(files, async ({ lines, long, crlf, ended }) => {
        const all = [...lines, 'ü'.repeat(long), 'end'];
        await writeFile(path, all.join(crlf ? '\r\n' : '\n') + (ended ? '\n' : ''));
        const read = await readAll(new TextFileSource(path));
        expect(read.flatMap(({ values }) => values)).toEqual(all);
        const at = read[Math.floor(read.length / 2)];
        const rest = await readAll(new TextFileSource(path), at.splits);
        expect(rest.flatMap(({ values }) => values)).toEqual(read.slice(read.indexOf(at) + 1).flatMap(({ values }) => values));
      }),
      { numRuns: 50 },
    );
  });

  /** What each batch of a reader held, and its positions behind it. */
  async function readAll(source: TextFileSource, splits?: Parameters<TextFileSource['open']>[2]) {
    const batches: { values: string[]; splits: ReturnType<TextFileSource['snapshotState']> }[] = [];
    await source.open(0, 1, splits);
    for (let batch = await source.poll(); batch !== undefined; batch = await source.poll())
      batches.push({ values: batch.map(({ value }) => value), splits: source.snapshotState() });
    await source.close();
    return batches;
  }

  it('that come into a watched folder are read once, hidden ones never', async () => {
    await mkdir(join(folder, 'below'));
    await writeFile(join(folder, 'b.txt'), '2\n');
    await writeFile(join(folder, 'a.txt'), '1\n');
    await writeFile(join(folder, '.hidden'), 'no\n');
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const seen: string[] = [];
    let next!: () => void;
    const taken = (): Promise<void> => new Promise((resolve) => (next = resolve));
    env.readTextFile(folder, { monitorInterval: 5 }).sinkTo({
      write: (text) => {
        seen.push(text);
        if (seen.length === 2 || seen.length === 3) next();
      },
    });
    let wait = taken();
    const client = env.executeAsync();
    await wait;
    wait = taken();
    await writeFile(join(folder, 'below', '.c'), '3\n');
    await rename(join(folder, 'below', '.c'), join(folder, 'below', 'c.txt'));
    await wait;
    await client.cancel();
    expect(seen).toEqual(['1', '2', '3']);
  });
});

describe('a file sink', () => {
  const lines = async (below: string) => (await readFile(join(folder, below), 'utf8')).trim().split('\n');
  const names = async () => (await readdir(folder, { recursive: true })).sort();

  it('has a file for each bucket and subtask, and none when the program fails', async () => {
    const run = (fails: boolean) => {
      const env = StreamExecutionEnvironment.createLocalEnvironment(2);
      env
        .fromElements(1, 2, 3, 4)
        .map((n) => {
          if (fails && n === 4) throw new Error('four');
          return n;
        })
        .sinkTo(new FileSink<number>({ folder, bucket: (n) => (n > 2 ? 'large' : 'small'), suffix: '.jsonl' }));
      return env.execute();
    };
    await expect(run(true)).rejects.toThrow('four');
    expect((await names()).filter((name) => name.includes('part'))).toEqual([]);
    await run(false);
    const found = (await names()).filter((name) => name.includes('part'));
    expect(found.map((name) => name.replace(/part-\w+-/, '')).sort()).toEqual(
      ['large/0-1.jsonl', 'large/1-1.jsonl', 'small/0-0.jsonl', 'small/1-0.jsonl'].toSorted(),
    );
    expect((await Promise.all(found.map(lines))).flat().sort()).toEqual(['1', '2', '3', '4']);
  });

  it('commits again without effect, and drops what no checkpoint has', async () => {
    const sink = new FileSink<string>({ folder });
    const context = { subtask: 0, parallelism: 1, restoredState: [] };
    const writer = sink.createWriter();
    await writer.open?.(context);
    writer.write('one', undefined);
    await writer.flush?.(false);
    const pending = await writer.prepareCommit!();
    writer.write('two', undefined);
    await writer.flush?.(false);
    expect((await names()).every((name) => name.startsWith('.'))).toBe(true);
    // As after kill -9: the checkpoint is complete, and nothing is closed.
    for (const restored of [false, true]) await sink.createCommitter().commit(pending, { checkpointId: 1, restored });
    const next = sink.createWriter();
    await next.open?.({ ...context, restoredCheckpointId: 1 });
    const [name, ...others] = await names();
    expect(others).toEqual([]);
    expect(await lines(name)).toEqual(['one']);
    await appendFile(join(folder, name), 'kept\n');
    await sink.createCommitter().commit(pending, { checkpointId: 1, restored: true });
    expect(await lines(name)).toEqual(['one', 'kept']);
    await writer.close?.();
  });

  it('keeps its buckets below its folder', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.fromElements(1).sinkTo(new FileSink<number>({ folder, bucket: () => '../elsewhere' }));
    await expect(env.execute()).rejects.toThrow('bucket "../elsewhere" is not below');
  });
});
