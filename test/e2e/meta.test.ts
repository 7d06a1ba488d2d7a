import { freePort } from '../support/service.js';
import { Rig } from './support.js';

describe('the stream of what happens to the service', () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({ TRIPLINE_META_STREAM: 'tripline', TRIPLINE_SILENT_AFTER: '500ms', TRIPLINE_WEBHOOK_PRIVATE: 'on' });
  }, 60_000);
  afterAll(() => rig?.stop());

  it('is watched by rules: a sink that fails, a stream that is silent', async () => {
    const alert = { title: '${a.kind} ${key}' };
    await rig.put('/v1/streams/payments', {});
    await rig.put('/v1/rules/meta', { from: 'tripline', key: 'subject', pattern: [{ begin: 'a', where: 'state == "begun"' }], alert });
    await rig.put('/v1/rules/all', { from: 'payments', pattern: [{ begin: 'p', where: 'true' }] });
    await rig.put('/v1/sinks/dead', { webhook: { url: `http://127.0.0.1:${await freePort()}/` } });
    await rig.send('payments', [{ a: 1 }]);
    const found = await rig.alertsOf('meta', 2);
    expect(found.map(({ title }) => title)).toEqual(expect.arrayContaining(['sink-failing dead', 'stream-silent payments']));
  });
});
