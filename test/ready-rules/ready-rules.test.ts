import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runRuleFolder } from '../../src/cli/rule-folder.js';

const RULES = join(process.cwd(), 'rules');

describe('the ready rules', () => {
  const names = readdirSync(RULES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it('are there', () => expect(names).toEqual(expect.arrayContaining(['brute-force-then-success', 'card-testing', 'missing-heartbeat'])));

  it.each(names)('%s gives what it expects', async (name) => {
    const { failures } = await runRuleFolder(join(RULES, name), process);
    expect(failures).toEqual([]);
  });
});
