import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { parse } from 'yaml';
import { SETTINGS } from '../../src/service/settings/settings.js';

/** The Compose Specification's own JSON schema, as the linter of compose files carries it. */
const SCHEMA = 'node_modules/dclint/schemas/compose.schema.json';

interface ComposeService {
  readonly depends_on?: object;
  readonly environment?: Record<string, string>;
  readonly volumes?: string[];
  readonly secrets?: string[];
  readonly build?: string | { readonly target: string };
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: object;
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

it('names only services, volumes, secrets, files, stages and settings that are there', async () => {
  const { services, volumes, secrets } = await read('docker-compose.yml');
  const known = Object.values(SETTINGS).map(({ name }) => name as string);
  const stages = [...readFileSync('Dockerfile', 'utf8').matchAll(/^FROM \S+ AS (\w+)$/gm)].map(([, stage]) => stage);
  for (const { depends_on = {}, volumes: mounted = [], secrets: used = [], build } of Object.values(services)) {
    const wanted = Array.isArray(depends_on) ? depends_on : Object.keys(depends_on);
    for (const service of wanted) expect(Object.keys(services)).toContain(service);
    for (const secret of used) expect(Object.keys(secrets)).toContain(secret);
    for (const [source] of mounted.map((mount) => mount.split(':'))) {
      if (source.startsWith('./')) expect([source, existsSync(source)]).toEqual([source, true]);
      else expect(Object.keys(volumes)).toContain(source);
    }
    if (typeof build === 'object') expect(stages).toContain(build.target);
  }
  for (const name of Object.keys(services.tripline.environment ?? {})) expect(known).toContain(name);
});

it('the board and its data source fit together', () => {
  const source = parse(readFileSync('deploy/grafana/provisioning/datasources/prometheus.yml', 'utf8')).datasources[0];
  const board = JSON.parse(readFileSync('deploy/grafana/dashboards/tripline.json', 'utf8'));
  const used = board.panels.flatMap(({ datasource }: { datasource?: { uid: string } }) => datasource?.uid ?? []);
  expect(new Set(used)).toEqual(new Set([source.uid]));
  expect(source.url).toBe('http://prometheus:9090');
  const boxes = board.panels.map(({ gridPos: { x, y, w, h } }: { gridPos: Record<string, number> }) => ({ x, y, w, h }));
  const places = boxes.map(({ x, y }: { x: number; y: number }) => `${x}/${y}`);
  expect(new Set(places).size).toBe(places.length);
  expect(parse(readFileSync('deploy/prometheus.yml', 'utf8')).scrape_configs[0].static_configs[0].targets).toEqual(['tripline:3000']);
});
