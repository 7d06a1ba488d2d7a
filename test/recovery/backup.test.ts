import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Rig, until } from '../e2e/support.js';
import { Service } from '../support/service.js';

const T0 = 1_767_225_600_000;
const RULE = {
  from: 'payments',
  key: 'card',
  pattern: [
    { begin: 'a', where: 'amount == 1' },
    { followedBy: 'b', where: 'amount == 2' },
  ],
  within: '1h',
  alert: { title: '${key}' },
};

it('a copy of the data folder is a whole service: rules, alerts, open matches and positions', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tripline-backup-'));
  chmodSync(folder, 0o755);
  const env = { TRIPLINE_DATA_DIR: join(folder, 'data'), TRIPLINE_CHECKPOINT_INTERVAL: '200ms' };
  const original = Rig.of(await Service.create(env));
  const restored = Rig.of(await Service.create({ ...env, TRIPLINE_DATA_DIR: join(folder, 'restored') }));
  const titles = async (rig: Rig) => (await rig.alerts('rule=pair')).map(({ title }) => title);
  try {
    await original.service.start();
    await original.put('/v1/streams/payments', { time: { field: 'ts', format: 'epochMillis' }, idleAfter: '50ms' });
    await original.put('/v1/rules/pair', RULE);
    await original.send(
      'payments',
      [1, 2].map((amount) => ({ ts: T0 + amount, card: 'done', amount })),
    );
    await original.send('payments', [{ ts: T0 + 3, card: 'open', amount: 1 }]);
    const [alert] = await original.alertsOf('pair', 1);
    expect(await original.service.stop()).toBe(0);

    await promisify(execFile)('cp', ['-a', join(folder, 'data'), join(folder, 'restored')]);
    await restored.service.start();
    expect((await restored.alerts('rule=pair')).map(({ id }) => id)).toEqual([alert.id]);
    await restored.send('payments', [{ ts: T0 + 5, card: 'open', amount: 2 }]);
    await until(
      () => titles(restored),
      (found) => found.length === 2,
    );
    expect(await titles(restored)).toEqual(['open', 'done']);
  } finally {
    await original.service.stop();
    await restored.service.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
