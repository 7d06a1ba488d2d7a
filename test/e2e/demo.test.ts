import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { freePort } from '../support/service.js';
import { Rig } from './support.js';

async function demo(...args: string[]): Promise<{ exit: number; out: string; err: string }> {
  const child = spawn(process.execPath, ['bin/tripline', 'demo', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [exit]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exit: exit as number, out, err };
}

const READY = readdirSync('rules', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

describe('tripline demo', () => {
  let rig: Rig;
  beforeAll(async () => (rig = await Rig.start({ TRIPLINE_API_KEYS: 'a:admin:a-long-enough-demo-key' })), 60_000);
  afterAll(() => rig.stop());
  const key = ['--api-key', 'a-long-enough-demo-key'];

  it('shows an alert of every ready rule, twice, and leaves nothing', async () => {
    const url = ['--url', rig.service.url('')];
    const first = await demo(...url, ...key, '--duration', '1', '--keep');
    expect(first).toMatchObject({ exit: 0, err: expect.stringMatching(/(\d+) of \1 alerts\n$/) });
    const rules = new Set(
      first.out
        .trim()
        .split('\n')
        .map((line) => line.split(/ +/)[1]),
    );
    expect([...rules].sort()).toEqual(READY);
    const second = await demo(...url, ...key, '--duration', '0');
    expect(second.exit).toBe(0);
    expect(second.out.split('\n').sort()).toEqual(first.out.split('\n').sort());
    expect((await rig.ask('GET', '/v1/streams', undefined, { 'x-api-key': key[1] })).body).toMatchObject({ items: [] });
  }, 60_000);

  it('says why it cannot', async () => {
    const port = await freePort();
    expect(await demo('--url', `http://127.0.0.1:${port}`)).toMatchObject({
      exit: 2,
      out: '',
      err: expect.stringContaining('no service answers'),
    });
    expect(await demo('--url', 'nowhere')).toMatchObject({ exit: 2, err: expect.stringContaining('--url is an http or https address') });
    expect(await demo('--url', rig.service.url(''))).toMatchObject({ exit: 2, err: expect.stringContaining('401 missing-api-key') });
  });
});
