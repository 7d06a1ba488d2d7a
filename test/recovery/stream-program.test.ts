import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { seeded } from './scenario.js';

const KILLS = Number(process.env.TRIPLINE_TEST_KILLS ?? 1);
const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? Date.now() % 1_000_000);
const FILES = 60;
const LINES = 20;
const PROGRAM = resolve('test/recovery/programs/stream-program.mjs');
/** In the order of a checkpoint's way. */
const FAILPOINTS = ['stream-barrier', 'stream-segments-written', 'stream-checkpoint-complete', 'stream-committed'];

let folder: string;
let input: string;
let expected: readonly string[];
let runs = 0;

type Backend = 'hashmap' | 'level';

/** One run of the program, killed after `killAfter` ms if it still runs then. */
function run(
  output: string,
  backend: Backend,
  failpoint?: string,
  killAfter?: number,
): Promise<{ readonly code: number | null; readonly errors: string }> {
  const args = [PROGRAM, input, join(output, 'results'), join(output, 'checkpoints'), backend];
  const env = { ...process.env, TRIPLINE_FAILPOINT: failpoint ?? '', NODE_OPTIONS: '' };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  let errors = '';
  child.stderr.on('data', (data) => (errors += data));
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('exit', (code) => {
      clearTimeout(timer);
      done({ code, errors });
    });
  });
}

async function results(output: string): Promise<string[]> {
  const path = join(output, 'results');
  const files = (await readdir(path)).filter((name) => !name.startsWith('.'));
  const texts = await Promise.all(files.map((file) => readFile(join(path, file), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== '')).sort();
}

/** Started again until it ends by itself; the given failpoint holds for the first run. */
async function runKilled(failpoint: string | undefined, killAfter: () => number | undefined, backend: Backend = 'hashmap') {
  const output = join(folder, `run-${runs++}`);
  let kills = 0;
  for (;;) {
    const { code, errors } = await run(output, backend, kills === 0 ? failpoint : undefined, killAfter());
    if (code === 0) return { kills, found: await results(output) };
    if (code !== null) throw new Error(`the program failed: ${errors}`);
    kills++;
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tripline-stream-'));
  input = join(folder, 'input');
  await mkdir(input);
  const random = seeded(SEED);
  for (let file = 0, time = 0; file < FILES; file++) {
    const lines = Array.from({ length: LINES }, () => {
      time += Math.floor(random() * 3);
      const ts = random() < 0.05 ? Math.max(0, time - 30) : time;
      return JSON.stringify({ k: `k${Math.floor(random() * 7)}`, v: Math.floor(random() * 100), ts });
    });
    await writeFile(join(input, `${String(file).padStart(3, '0')}.jsonl`), `${lines.join('\n')}\n`);
  }
  const whole = await runKilled(undefined, () => undefined);
  expected = whole.found;
}, 60_000);

afterAll(() => rm(folder, { recursive: true }));

describe(`kill -9 of a stream program changes nothing in what comes out (TRIPLINE_TEST_SEED=${SEED})`, () => {
  it('gives results of every kind to compare with', () => {
    for (const kind of ['sum', 'late', 'silence', 'rise']) expect(expected.filter((row) => row.startsWith(kind)).length).toBeGreaterThan(3);
  });

  for (const [index, failpoint] of FAILPOINTS.entries()) {
    for (let time = 1; time <= KILLS; time++) {
      it(`at ${failpoint}, kill ${time} of ${KILLS}`, async () => {
        const { kills, found } = await runKilled(`${failpoint}:${1 + ((SEED + index + time * 5) % 8)}`, () => undefined);
        expect(kills).toBe(1);
        expect(found).toEqual(expected);
      }, 60_000);
    }
  }

  for (const backend of ['hashmap', 'level'] as const) {
    for (let time = 1; time <= KILLS; time++) {
      it(`at random moments, state backend ${backend}, run ${time} of ${KILLS}`, async () => {
        const random = seeded(SEED + time);
        let left = 4;
        const { kills, found } = await runKilled(undefined, () => (left-- > 0 ? 250 + random() * 450 : undefined), backend);
        expect(found).toEqual(expected);
        expect(kills).toBeGreaterThan(0);
      }, 120_000);
    }
  }
});
