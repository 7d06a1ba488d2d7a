import { Rig } from '../e2e/support.js';

const TIME = 1_700_000_000_000;
const TIMES = { time: { field: 'ts', format: 'epochMillis' }, idleAfter: 'never', quietAfter: 'never' };
const PATTERN = [
  { begin: 'a', where: 'v == 1' },
  { followedBy: 'b', where: 'v == 2' },
];
const rule = (id: string, more: object = {}) => ({ id, from: 's', key: 'k', pattern: PATTERN, within: '1h', ...more });

let rig: Rig;

beforeAll(async () => {
  rig = await Rig.start({ TRIPLINE_CHECKPOINT_INTERVAL: '100ms' });
  for (const name of ['s', 'changed', 'dropped']) await rig.put(`/v1/streams/${name}`, { name, ...TIMES });
  for (const id of ['replaced', 'paused', 'shadow', 'draft', 'deleted']) await rig.put(`/v1/rules/${id}`, rule(id));
  await rig.put('/v1/lists/known', { entries: ['x'] });
  await rig.put('/v1/rules/asking', rule('asking', { pattern: [{ begin: 'a', where: 'k in list("known")' }] }));
  await rig.send('s', [{ k: 1, v: 1, ts: TIME }]);
  await rig.service.kill();
  await rig.service.start({ TRIPLINE_FAILPOINT: 'decision:1' });
}, 60_000);

afterAll(() => rig.stop());

/** The change is stored, and the process ends before its journal entry. It comes back, and will end so at the change after. */
async function cutOff(method: string, path: string, body?: unknown): Promise<void> {
  await expect(rig.json(method, path, body)).rejects.toThrow();
  // Its first decision is the one that was cut off.
  await rig.service.start({ TRIPLINE_FAILPOINT: 'decision:2' });
}

async function stats(id: string) {
  return (await rig.ask<{ version: number; status: string; keys: number }>('GET', `/v1/rules/${id}/stats`)).body;
}

describe('what was stored when a crash came before its journal entry is applied at the next start', () => {
  it('a new version of a rule, with its open matches', async () => {
    await cutOff('PUT', '/v1/rules/replaced', rule('replaced', { alert: { title: 'second' } }));
    expect(await stats('replaced')).toMatchObject({ version: 2, keys: 1 });
    await rig.send('s', [{ k: 1, v: 2, ts: TIME + 1 }]);
    expect(await rig.alertsOf('replaced', 1)).toMatchObject([{ title: 'second', ruleVersion: 2 }]);
  }, 60_000);

  it.each(['paused', 'shadow'])(
    'the status %s',
    async (status) => {
      await cutOff('POST', `/v1/rules/${status}/status`, { status });
      expect(await stats(status)).toMatchObject({ version: 1, status });
      expect((await rig.ask('GET', `/v1/rules/${status}`)).body).toMatchObject({ status });
    },
    60_000,
  );

  it('a draft, which does not run', async () => {
    await cutOff('PUT', '/v1/rules/draft', rule('draft', { status: 'draft' }));
    expect((await rig.ask('GET', '/metrics')).text).not.toContain('rule="draft"');
  }, 60_000);

  it('a deletion', async () => {
    await cutOff('DELETE', '/v1/rules/deleted');
    expect((await rig.ask('GET', '/v1/rules/deleted')).status).toBe(404);
    expect((await rig.ask('GET', '/metrics')).text).not.toContain('rule="deleted"');
  }, 60_000);

  it('a change of a stream', async () => {
    await cutOff('PUT', '/v1/streams/changed', { name: 'changed', ...TIMES, outOfOrderness: '1m' });
    const { body } = await rig.ask<{ job: { streams: { stream: string; version: number }[] } }>('GET', '/health/ready');
    expect(body.job.streams.find(({ stream }) => stream === 'changed')).toMatchObject({ version: 2 });
  }, 60_000);

  it('a new stream, which takes events', async () => {
    await cutOff('PUT', '/v1/streams/new', { name: 'new', ...TIMES });
    expect((await rig.send('new', [{ ts: TIME }])).body).toMatchObject({ accepted: 1 });
  }, 60_000);

  it('a change of a reference list', async () => {
    await cutOff('POST', '/v1/lists/known/entries', { entries: ['y'] });
    await rig.send('s', [{ k: 'y', v: 1, ts: TIME + 2 }]);
    expect(await rig.alertsOf('asking', 1)).toMatchObject([{ key: 'y' }]);
  }, 60_000);

  it('but the deletion of a stream, which is stored after its entry, has not happened', async () => {
    await cutOff('DELETE', '/v1/streams/dropped');
    expect((await rig.send('dropped', [{ ts: TIME }])).body).toMatchObject({ accepted: 1 });
  }, 60_000);
});
