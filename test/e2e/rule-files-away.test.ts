import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseLine } from '../support/database-line.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { Service } from '../support/service.js';
import { until } from './support.js';

let postgres: TestPostgres;
let line: DatabaseLine;
let service: Service;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tripline-rules-'));
  await writeFile(join(dir, 'stream.yaml'), 'name: s\n');
  postgres = await startTestPostgres();
  line = await DatabaseLine.to(await postgres.createDatabase());
  service = await Service.create({ DATABASE_URL: line.url, TRIPLINE_RULES_DIR: dir });
  await service.start();
}, 60_000);

afterAll(async () => {
  await service.kill();
  await line.cut();
  await postgres.stop();
  await rm(dir, { recursive: true });
});

it('files that could not be applied while the database was away are applied once it is back', async () => {
  await line.cut();
  await writeFile(join(dir, 'rule.yaml'), 'id: later\nfrom: s\npattern:\n  - begin: a\nwithin: 1h\n');
  process.kill(service.pid, 'SIGHUP');
  await until(
    () => Promise.resolve(service.output),
    (output) => output.includes('database-unavailable'),
  );
  await line.mend();
  const rule = await until(
    async () => (await fetch(service.url('/v1/rules/later'))).json() as Promise<{ status: string }>,
    ({ status }) => status === 'active',
  );
  expect(rule).toMatchObject({ version: 1, file: 'rule.yaml' });
  await until(
    async () => (await fetch(service.url('/health/ready'))).json() as Promise<{ files?: { rules: number; problems: unknown[] } }>,
    ({ files }) => files?.rules === 1 && files.problems.length === 0,
  );
});
