import { mkdtempSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Problem, Rig, until } from './support.js';

const STREAM = 'name: s\ntime: {field: ts, format: epochMillis}\nquietAfter: never\n';

interface Ready {
  readonly status: string;
  readonly files: { rules: number; streams: number; syncedAt: number; problems: Record<string, unknown>[] };
}

let dir: string;
let rig: Rig;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tripline-rules-'));
  await cp('rules/card-testing', join(dir, 'card-testing'), { recursive: true });
  await cp('rules/card-velocity', join(dir, 'card-velocity'), { recursive: true });
  await write('team/all.yaml', `${STREAM}---\n${rule('one', 'first')}---\n${rule('two', 'first')}`);
  rig = await Rig.start({ TRIPLINE_CHECKPOINT_INTERVAL: '200ms', TRIPLINE_RULES_DIR: dir });
}, 60_000);

afterAll(async () => {
  await rig.stop();
  await rm(dir, { recursive: true });
});

function rule(id: string, title: string, where = 'kind == "a"'): string {
  return `id: ${id}\nfrom: s\nkey: card\npattern:\n  - begin: a\n    where: ${where}\nwithin: 1h\nalert: {title: ${title}}\n`;
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(join(dir, file, '..'), { recursive: true });
  await writeFile(join(dir, file), text);
}

async function ready(): Promise<Ready> {
  return (await rig.ask<Ready>('GET', '/health/ready')).body;
}

/** Tells the service to read the files again; resolves once it has. */
async function hangUp(): Promise<Ready> {
  const before = (await ready()).files.syncedAt;
  process.kill(rig.service.pid, 'SIGHUP');
  return until(ready, ({ files }) => files.syncedAt > before);
}

async function view(path: string) {
  return (await rig.ask<{ version?: number; status?: string | number; file?: string; code?: string }>('GET', `/v1/${path}`)).body;
}

it('what the files say runs from the start; a stream may stand beside each of its rules', async () => {
  expect(await ready()).toMatchObject({ status: 'ready', files: { rules: 4, streams: 2, problems: [] } });
  expect(await view('rules/card-testing')).toMatchObject({ version: 1, status: 'active', file: 'card-testing/rule.yaml' });
  expect(await view('streams/payments')).toMatchObject({ version: 1, file: 'card-testing/stream.yaml' });
  await rig.send('s', [{ card: 'k', kind: 'a', ts: 1_700_000_000_000 }]);
  expect(await rig.alertsOf('one', 1)).toMatchObject([{ title: 'first', ruleVersion: 1 }]);
});

it('SIGHUP: a changed rule gets a version, the others keep theirs, a new one runs, one without file is retired', async () => {
  await write('team/all.yaml', `${STREAM}---\n${rule('one', 'second')}---\n${rule('three', 'first')}`);
  expect(await hangUp()).toMatchObject({ status: 'ready', files: { rules: 4, problems: [] } });
  expect(await view('rules/one')).toMatchObject({ version: 2, status: 'active' });
  expect(await view('rules/card-testing')).toMatchObject({ version: 1 });
  expect(await view('rules/three')).toMatchObject({ version: 1 });
  expect(await view('rules/two')).toMatchObject({ code: 'rule-not-found' });
  await rig.send('s', [{ card: 'l', kind: 'a', ts: 1_700_000_001_000 }]);
  expect((await rig.alertsOf('one', 2))[1]).toMatchObject({ title: 'second', ruleVersion: 2 });
});

it('the API does not change what a file keeps, and names the file', async () => {
  const document = { id: 'one', from: 's', key: 'card', pattern: [{ begin: 'a' }], within: '1h', alert: { title: 'mine' } };
  const tries = await Promise.all([
    rig.json<Problem>('PUT', '/v1/rules/one', document),
    rig.json<Problem>('POST', '/v1/rules', document),
    rig.json<Problem>('DELETE', '/v1/rules/one'),
    rig.json<Problem>('POST', '/v1/rules/one/status', { status: 'paused' }),
    rig.json<Problem>('PUT', '/v1/streams/s', { name: 's', time: { field: 'ts', format: 'epochMillis' } }),
    rig.json<Problem>('DELETE', '/v1/streams/s'),
  ]);
  for (const { body } of tries) expect(body).toMatchObject({ status: 409, code: 'file-owned', file: 'team/all.yaml' });
  expect(await view('rules/one')).toMatchObject({ version: 2, status: 'active' });
  await rig.put('/v1/rules/free', { ...document, id: 'free' });
  await hangUp();
  expect(await view('rules/free')).toMatchObject({ version: 1, status: 'active', file: null });
  expect((await rig.json('DELETE', '/v1/rules/free')).status).toBe(204);
});

it.each([
  ['a condition', `${STREAM}---\n${rule('one', 'third', 'kind ==')}`, { code: 'cel-syntax', pointer: '/pattern/0/where', line: 10 }],
  ['the YAML', `${STREAM}---\n# no rule\nid: [one\n`, { code: 'invalid-yaml', line: 7, column: 1 }],
  ['a half-written file', '', { code: 'invalid-yaml', message: 'not valid YAML: the document is empty' }],
])('a broken file (%s) is told with its place and leaves alone what runs', async (_what, text, problem) => {
  await write('team/all.yaml', text);
  const { status, files } = await hangUp();
  expect(status).toBe('degraded');
  expect(files.problems).toEqual([expect.objectContaining({ file: 'team/all.yaml', ...problem })]);
  const place = `team/all.yaml${'line' in problem ? `:${problem.line}:` : ': '}`;
  await until(
    () => Promise.resolve(rig.service.output),
    (output) => output.includes(place),
  );
  for (const id of ['one', 'three']) expect(await view(`rules/${id}`)).toMatchObject({ status: 'active', file: 'team/all.yaml' });
  expect(await view('streams/s')).toMatchObject({ version: 1 });
});

it('a rule that does not fit its stream is told with the line in its file', async () => {
  await write('team/all.yaml', `${STREAM}---\n${rule('one', 'second')}---\n${rule('three', 'first').replace('from: s', 'from: nowhere')}`);
  const { files } = await hangUp();
  expect(files.problems).toEqual([
    expect.objectContaining({ file: 'team/all.yaml', code: 'unknown-stream', pointer: '/from', line: 15, column: 7 }),
  ]);
  expect(await view('rules/three')).toMatchObject({ version: 1, status: 'active' });
});

it('two files with different documents for one rule: neither is taken', async () => {
  await write('team/all.yaml', `${STREAM}---\n${rule('one', 'second')}---\n${rule('three', 'first')}`);
  await write('other.yml', rule('one', 'other'));
  const { files } = await hangUp();
  expect(files.problems.map(({ file, code }) => [file, code])).toEqual([
    ['other.yml', 'defined-twice'],
    ['team/all.yaml', 'defined-twice'],
  ]);
  expect(await view('rules/one')).toMatchObject({ version: 2 });
  await rm(join(dir, 'other.yml'));
});

it('a file removed while the service was down is seen at the start; unchanged rules keep their versions', async () => {
  await rm(join(dir, 'team'), { recursive: true });
  await rm(join(dir, 'card-velocity'), { recursive: true });
  expect(await rig.service.stop()).toBe(0);
  await rig.service.start();
  expect(await ready()).toMatchObject({ status: 'ready', files: { rules: 1, streams: 1, problems: [] } });
  expect(await view('rules/one')).toMatchObject({ code: 'rule-not-found' });
  expect(await view('streams/s')).toMatchObject({ code: 'stream-not-found' });
  expect(await view('rules/card-testing')).toMatchObject({ version: 1, status: 'active' });
});

it('a folder that is gone retires nothing', async () => {
  await rm(dir, { recursive: true });
  const { status, files } = await hangUp();
  expect([status, files.problems.map(({ code }) => code)]).toEqual(['degraded', ['file-unreadable']]);
  expect(await view('rules/card-testing')).toMatchObject({ version: 1, status: 'active' });
  await mkdir(dir);
});
