import { mkdtempSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRuleFiles, splitDocuments } from '../../src/service/files/rule-files.js';

describe('splitDocuments', () => {
  it.each<[string, string, [string, number][]]>([
    ['one', 'a: 1\nb: 2\n', [['a: 1\nb: 2\n', 0]]],
    ['one behind its marker', '---\na: 1\n', [['---\na: 1\n', 0]]],
    [
      'two',
      'a: 1\n---\nb: 2\n',
      [
        ['a: 1', 0],
        ['---\nb: 2\n', 1],
      ],
    ],
    [
      'with a value on the line of the marker',
      'a: 1\n--- {b: 2}\n',
      [
        ['a: 1', 0],
        ['--- {b: 2}\n', 1],
      ],
    ],
    ['comments are no document', '# head\n---\na: 1\n---\n# tail\n', [['---\na: 1', 1]]],
    ['a marker that is text', 'a: |\n  ---\n  b\nc: ---x\n', [['a: |\n  ---\n  b\nc: ---x\n', 0]]],
    [
      'Windows line ends',
      'a: 1\r\n---\r\nb: 2\r\n',
      [
        ['a: 1\r', 0],
        ['---\r\nb: 2\r\n', 1],
      ],
    ],
    ['nothing at all is one empty document', '', [['', 0]]],
  ])('%s', (_what, text, parts) => {
    expect(splitDocuments(text).map((part) => [part.text, part.linesBefore])).toEqual(parts);
  });
});

describe('readRuleFiles', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'tripline-files-'))));
  afterEach(() => rm(dir, { recursive: true }));

  it('follows links and passes over hidden names, as a mounted ConfigMap needs', async () => {
    await mkdir(join(dir, '..2026/'));
    await writeFile(join(dir, '..2026/s.yaml'), 'name: s\n');
    await symlink('..2026', join(dir, '..data'));
    await symlink('..data/s.yaml', join(dir, 's.yaml'));
    const { documents, problems } = await readRuleFiles(dir, {});
    expect([documents.map(({ file, kind, name }) => [file, kind, name]), problems]).toEqual([[['s.yaml', 'stream', 's']], []]);
  });

  it('ends where a link leads back, and tells what cannot be read', async () => {
    await symlink('.', join(dir, 'again'));
    await symlink('nowhere', join(dir, 'lost.yaml'));
    await writeFile(join(dir, 'bytes.yml'), Buffer.from([0x61, 0xff]));
    const { problems } = await readRuleFiles(dir, {});
    expect(new Set(problems.map(({ file, code }) => `${file.split('/').at(-1)} ${code}`))).toEqual(
      new Set(['lost.yaml file-unreadable', 'bytes.yml invalid-utf8']),
    );
  });

  it('one problem anywhere and no document of the file is taken', async () => {
    await writeFile(join(dir, 'all.yaml'), 'name: s\n---\nname: t\noutOfOrderness: 5\n');
    const { documents, problems } = await readRuleFiles(dir, {});
    expect(documents).toEqual([]);
    expect(problems).toMatchObject([{ file: 'all.yaml', code: 'invalid-duration', pointer: '/outOfOrderness', line: 4, column: 17 }]);
  });

  it('rejects when there is no folder', async () => {
    await expect(readRuleFiles(join(dir, 'none'), {})).rejects.toThrow('ENOENT');
  });
});
