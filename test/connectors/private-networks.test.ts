import { lookup } from 'node:dns/promises';
import { isPrivateAddress, publicLookup } from '../../src/connectors/webhook/private-networks.js';
import { WebhookAlertSink } from '../../src/connectors/webhook/webhook-alert-sink.js';
import type { OutboxRow } from '../../src/runtime/ports/stores.js';

it.each([
  ['127.0.0.1', true],
  ['10.1.2.3', true],
  ['172.31.255.255', true],
  ['169.254.169.254', true],
  ['100.64.0.1', true],
  ['::1', true],
  ['::ffff:10.0.0.1', true],
  ['fd00::1', true],
  ['fe80::1', true],
  ['64:ff9b::a00:1', true],
  ['not an address', true],
  ['172.32.0.1', false],
  ['8.8.8.8', false],
  ['::ffff:8.8.8.8', false],
  ['2606:4700::1', false],
])('%s is private: %s', (address, expected) => expect(isPrivateAddress(address)).toBe(expected));

it('a name that resolves into a private network is refused', async () => {
  expect((await lookup('localhost')).address).toBeDefined();
  const error = await new Promise((resolve) => publicLookup('localhost', {}, (failed) => resolve(failed)));
  expect(String(error)).toContain('is in a private network');
});

it.each(['http://127.0.0.1:1/', 'http://[::1]:1/', 'http://2130706433:1/', 'http://localhost:1/', 'http://0x7f.1:1/'])(
  '%s is not asked',
  async (url) => {
    const sink = new WebhookAlertSink({ url, headers: {}, template: 'json', timeoutMs: 1_000, allowPrivate: false });
    const alert = { id: 'a', body: Buffer.from('{}') };
    await expect(sink.write([{ alert } as unknown as OutboxRow])).rejects.toThrow('private network');
  },
);
