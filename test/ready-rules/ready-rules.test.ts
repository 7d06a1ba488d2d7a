import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runRuleFolder } from '../../src/cli/rule-folder.js';

const RULES = join(process.cwd(), 'rules');

describe('the ready rules', () => {
  const names = readdirSync(RULES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it('are those that rules/README.md lists', () => {
    const text = readFileSync(join(RULES, 'README.md'), 'utf8');
    expect([...text.matchAll(/^\| \[([a-z-]+)\]\(\1\)/gm)].map(([, name]) => name).sort()).toEqual([...names].sort());
  });

  it.each(names)('%s gives what it expects', async (name) => {
    const { failures } = await runRuleFolder(join(RULES, name), process);
    expect(failures).toEqual([]);
  });
});
