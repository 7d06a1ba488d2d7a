import { execFileSync } from 'node:child_process';

/** Licences that ask for no more than to be named. */
const LICENCES = /^(MIT|ISC|Apache-2\.0|BlueOak-1\.0\.0|BSD-2-Clause|BSD-3-Clause|0BSD|\(Apache-2\.0 AND BSD-3-Clause\))$/;

interface Component {
  readonly purl: string;
  readonly hashes?: readonly { alg: string; content: string }[];
  readonly licenses?: readonly { license?: { id?: string }; expression?: string }[];
}

it('the bill of materials names each package that ships, with its hash and a licence that fits ours', () => {
  const text = execFileSync('npm', ['run', '--silent', 'sbom'], { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
  const { bomFormat, components } = JSON.parse(text) as { bomFormat: string; components: Component[] };
  expect(bomFormat).toBe('CycloneDX');
  expect(components.map(({ purl }) => purl)).toContainEqual(expect.stringMatching(/^pkg:npm\/fastify@/));
  const unfit = components.filter(
    ({ hashes = [], licenses = [] }) =>
      !hashes.some(({ alg }) => alg === 'SHA-512') ||
      licenses.length === 0 ||
      !licenses.every(({ license, expression }) => LICENCES.test(license?.id ?? expression ?? '')),
  );
  expect(unfit.map(({ purl, licenses }) => `${purl} ${JSON.stringify(licenses)}`)).toEqual([]);
}, 60_000);
