import { parseSize } from '../../src/service/settings/readers.js';
import { readSettings, SettingsError } from '../../src/service/settings/settings.js';

describe('settings', () => {
  it('have safe defaults, frozen', () => {
    const settings = readSettings({});
    expect(settings).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      dataDir: './data',
      checkpointIntervalMs: 5_000,
      slots: 1,
      logRetentionMs: 86_400_000,
      logBacklogBytes: 512 * 2 ** 20,
      farFutureMs: 3_600_000,
      maxAheadMs: 60_000,
      maxEventBytes: 2 ** 20,
      maxRuleBytes: 256 * 1024,
      watchdogMs: 5_000,
      auth: 'on',
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it.each([
    ['PORT', '0', { port: 0 }],
    ['TRIPLINE_CHECKPOINT_INTERVAL', '250ms', { checkpointIntervalMs: 250 }],
    ['TRIPLINE_LOG_BACKLOG', '64MiB', { logBacklogBytes: 64 * 2 ** 20 }],
    ['TRIPLINE_MAX_EVENT_BYTES', '100000', { maxEventBytes: 100_000 }],
    ['TRIPLINE_LOG_RETENTION', '', { logRetentionMs: 86_400_000 }],
    [
      'TRIPLINE_API_KEYS',
      'ops:admin:secret-1,app:producer:se:cret-2',
      {
        apiKeys: [
          { name: 'ops', role: 'admin', key: 'secret-1' },
          { name: 'app', role: 'producer', key: 'se:cret-2' },
        ],
      },
    ],
    ['TRIPLINE_TEST_KILLS', '20', {}],
    ['TRIPLINE_TENANTS', 'acme, globex', { tenants: ['acme', 'globex'] }],
    ['HOME', '/root', {}],
  ])('%s=%s is read', (name, text, expected) => {
    expect(readSettings({ [name]: text })).toMatchObject(expected);
  });

  it.each([
    ['PORT', '99999', 'PORT=99999: expected a whole number from 0 to 65535'],
    ['TRIPLINE_WATCHDOG', '5', 'TRIPLINE_WATCHDOG=5: expected a duration'],
    ['TRIPLINE_WATCHDOGG', '5s', 'TRIPLINE_WATCHDOGG: unknown setting, did you mean TRIPLINE_WATCHDOG?'],
    ['TRIPLINE_PORT', '80', 'TRIPLINE_PORT: unknown setting, did you mean PORT?'],
    ['TRIPLINE_NO_SUCH_SETTING_AT_ALL', '1', 'TRIPLINE_NO_SUCH_SETTING_AT_ALL: unknown setting'],
    ['TRIPLINE_SLOTS', '2', 'TRIPLINE_SLOTS=2: expected a whole number from 1 to 1'],
    ['TRIPLINE_TENANTS', 'Acme', 'TRIPLINE_TENANTS=Acme: expected names of small letters and digits'],
    ['TRIPLINE_TENANTS', 'a,a', 'TRIPLINE_TENANTS=a,a: expected names'],
    ['TRIPLINE_AUTH', 'no', 'TRIPLINE_AUTH=no: expected one of on, off'],
    ['TRIPLINE_OIDC_ISSUER', 'http://id.example.com', 'TRIPLINE_OIDC_ISSUER=http://id.example.com: expected an address such as https://'],
    ['TRIPLINE_OIDC_ISSUER', 'https://id.example.com', 'TRIPLINE_OIDC_ISSUER=https://id.example.com: needs TRIPLINE_OIDC_AUDIENCE'],
  ])('%s=%s is refused', (name, text, message) => {
    expect(() => readSettings({ [name]: text })).toThrow(message);
  });

  it('name all problems at once, without secrets', () => {
    const read = () => readSettings({ PORT: 'x', DATABASE_URL: 'mysql://me:hunter2@host/db', TRIPLINE_API_KEYS: 'me:root:topsecret' });
    expect(read).toThrow(SettingsError);
    try {
      read();
    } catch (error) {
      expect((error as SettingsError).problems).toHaveLength(3);
      expect((error as Error).message).not.toMatch(/hunter2|topsecret/);
    }
  });

  it.each([
    ['1', 1],
    ['1KiB', 1024],
    ['2 MB', 2_000_000],
    ['1.5MiB', undefined],
    ['-1', undefined],
    ['99999999TiB', undefined],
  ])('size %s is %s bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });
});
