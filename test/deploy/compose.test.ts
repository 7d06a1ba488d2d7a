import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { parse } from 'yaml';
import { SETTINGS } from '../../src/service/settings/settings.js';

/** The Compose Specification's own JSON schema, as the linter of compose files carries it. */
const SCHEMA = 'node_modules/dclint/schemas/compose.schema.json';

interface ComposeFile {
  readonly services: Readonly<Record<string, { depends_on?: object; environment?: Record<string, string>; volumes?: string[] }>>;
  readonly volumes: object;
}

const read = async (file: string): Promise<ComposeFile> => parse(await readFile(file, 'utf8')) as ComposeFile;

it('docker-compose.yml is valid by the Compose Specification', async () => {
  const { $schema: _draft, ...schema } = JSON.parse(await readFile(SCHEMA, 'utf8')) as Record<string, unknown>;
  const ajv = new Ajv({ allErrors: true, strict: false });
  formats.default(ajv);
  const validate = ajv.compile(schema);
  validate(await read('docker-compose.yml'));
  expect(validate.errors).toBeNull();
  expect(validate({ services: { tripline: { imagee: 'x' } } })).toBe(false);
});

it('names only services, volumes and settings that are there', async () => {
  const { services, volumes } = await read('docker-compose.yml');
  const known = Object.values(SETTINGS).map(({ name }) => name as string);
  for (const { depends_on = {}, volumes: mounted = [] } of Object.values(services)) {
    for (const service of Object.keys(depends_on)) expect(Object.keys(services)).toContain(service);
    for (const mount of mounted) if (/^\w+:/.test(mount)) expect(Object.keys(volumes)).toContain(mount.split(':')[0]);
  }
  for (const name of Object.keys(services.tripline.environment ?? {})) expect(known).toContain(name);
});
